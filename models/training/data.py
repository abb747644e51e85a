"""Training pairs: what is read, and which of it is English."""

import json
import lzma
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_CJK = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts that mean the same or answer each other; `kind` says which, `source` whose words they are."""

    a: str
    b: str
    kind: str
    source: str


def read_pairs(data: Path) -> list[Pair]:
    """Read every `pairs.jsonl` and `pairs.jsonl.xz` one folder below `data`, in the order of their paths."""
    return [pair for path in sorted(data.glob("*/pairs.jsonl*")) for pair in _read_file(path)]


def _read_file(path: Path) -> Iterator[Pair]:
    text = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
    for line in text.splitlines():
        row = json.loads(line)
        yield Pair(row["a"], row["b"], row["kind"], row.get("source", path.parent.name))


def is_english(text: str) -> bool:
    """Whether no Chinese character occurs in `text`."""
    return _CJK.search(text) is None


def unique(texts: Iterable[str]) -> list[str]:
    """Return the texts without repeats, first occurrence first."""
    return list(dict.fromkeys(texts))
