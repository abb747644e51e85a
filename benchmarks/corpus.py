"""Text to measure with: sentences of the real corpora beside the checkout, recombined to any size with a fixed seed.

Without those corpora the lines of the sample company's manuals serve.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

KNOWLEDGE = Path(__file__).parents[1] / "examples" / "yanling" / "knowledge"
CORPORA = Path(__file__).parents[2] / "shared" / "data" / "bench"
_SENTENCE = re.compile(r"[^\n。！？]+[。！？]?|[^\n]+")
_ENGLISH_END = re.compile(r"(?<=[.!?])\s+")
CODE = re.compile(r"YL[DGP]-\d{6,}")
_SENTENCES = 4  # of a passage
_KEPT = 12_000  # sentences of a language


@dataclass(frozen=True)
class Passage:
    """A made chunk: a title, and lines that each stand in a real text."""

    title: str
    lines: tuple[str, ...]
    lang: str

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@cache
def sentences() -> dict[str, tuple[str, ...]]:
    """Sentences of 15 to 200 characters, by language."""
    found: dict[str, dict[str, None]] = {"zh": {}, "en": {}}
    for lang, text in _texts():
        for match in _SENTENCE.finditer(text):
            for sentence in _ENGLISH_END.split(match[0]):
                line = " ".join(sentence.split())
                if 15 <= len(line) <= 200:
                    found[lang][line] = None
    pick = random.Random(5)
    return {lang: tuple(pick.sample(list(lines), min(_KEPT, len(lines)))) for lang, lines in found.items()}


def _texts() -> Iterator[tuple[str, str]]:
    corpora = sorted(CORPORA.glob("*/corpus.jsonl"))
    for path in corpora:
        with path.open(encoding="utf-8") as opened:
            for row in map(json.loads, opened):
                yield row["lang"], row["text"]
    if not corpora:
        for path in sorted(KNOWLEDGE.rglob("*")):
            if path.suffix in {".md", ".csv", ".rst"}:
                yield "zh" if ".zh." in path.name else "en", path.read_text("utf-8")


def passages(count: int, *, seed: int = 7, start: int = 0) -> Iterator[Passage]:
    """Passages `start` to `count`, half Chinese, half English; one in ten has a model code of its own."""
    lines = sentences()
    for number in range(start, count):
        pick = random.Random(seed * 1_000_003 + number)
        lang = "zh" if number % 2 else "en"
        body = pick.choices(lines[lang], k=_SENTENCES)
        if not number % 10:
            body.append(f"{pick.choice(['YLD', 'YLG', 'YLP'])}-{number:06d}")
        yield Passage(pick.choice(lines[lang])[:40], tuple(body), lang)


def queries(count: int, *, seed: int = 8) -> list[str]:
    """Questions customers asked, where the corpora are there; else beginnings of sentences. Half of each language."""
    asked: dict[str, list[str]] = {"zh": [], "en": []}
    for path in sorted(CORPORA.glob("*/queries.jsonl")):
        with path.open(encoding="utf-8") as opened:
            for row in map(json.loads, opened):
                asked[row["lang"]].append(row["text"][:200])
    pick = random.Random(seed)
    for lang, lines in sentences().items():
        asked[lang] = asked[lang] or [line[:40] for line in lines]
    return [pick.choice(asked["zh" if number % 2 else "en"]) for number in range(count)]
