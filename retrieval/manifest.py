"""The manifest: one small file that says which files are the index, replaced by rename.

Whatever is not named in it does not exist for readers, so a writer killed at any moment leaves the old
state or the new one.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from retrieval.index import ATTRIBUTES, Identity
from retrieval.lexicon import Lexicon
from retrieval.vector_index import Codes, SegmentFiles, checksum

_FORMAT: Final = 2  # 2: segments know in how many passages a token stands
_NAME: Final = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One published state of the embedded index."""

    generation: str  # folder that holds its files
    identity: Identity
    sequence: int
    edition: int = 0  # counts publications of this generation; names its files
    lexicon: Lexicon = field(default_factory=Lexicon)
    codes: Codes = field(default_factory=lambda: {name: [""] for name in ATTRIBUTES})
    segments: tuple[SegmentFiles, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            **vars(self),
            "format": _FORMAT,
            "identity": vars(self.identity),
            "lexicon": self.lexicon.to_json(),
            "segments": [segment.to_json() for segment in self.segments],
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Manifest:
        """Raises KeyError, TypeError or ValueError for what is no manifest of this format."""
        if stored.pop("format") != _FORMAT:
            raise ValueError("another format")
        return cls(
            **{
                **stored,
                "identity": Identity(**stored["identity"]),
                "lexicon": Lexicon.from_json(stored["lexicon"]),
                "segments": tuple(SegmentFiles.from_json(one) for one in stored["segments"]),
            }
        )

    def next(self, **changes: Any) -> Manifest:
        return replace(self, edition=self.edition + 1, **changes)


def read(folder: Path) -> Manifest | None:
    """The manifest in `folder`; None where there is none that can be read."""
    try:
        return Manifest.from_json(json.loads((folder / _NAME).read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def stamp(folder: Path) -> tuple[int, int, int] | None:
    """Changes whenever another manifest was published; None where there is none."""
    try:
        found = (folder / _NAME).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def publish(folder: Path, manifest: Manifest) -> None:
    """Make `manifest` the published state."""
    temporary = folder / f"{_NAME}.{os.getpid()}"
    temporary.write_text(json.dumps(manifest.to_json(), ensure_ascii=False), "utf-8")
    temporary.replace(folder / _NAME)


def vector_files_intact(folder: Path, manifest: Manifest, known: frozenset[str]) -> bool:
    """Whether the files of the vector leg are what was written; those in `known` were checked before."""
    try:
        return all(
            checksum(folder / name) == crc
            for segment in manifest.segments
            for name, crc in segment.checksums.items()
            if name not in known
        )
    except OSError:
        return False


def remove(folder: Path) -> None:
    """Withdraw the published state."""
    (folder / _NAME).unlink(missing_ok=True)
