"""Values of merging people that cross the room's door."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from foundation.db import ReadSession, WriteSession

Side = Literal["kept", "merged"]


@dataclass(frozen=True, kw_only=True)
class Moved:
    """One thing that changed hands; `detail` says how it stood before where more than its person changed."""

    ref: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Something that came to the kept entry since a merge, and whose it probably is."""

    kind: str
    ref: str
    title: str
    at: datetime
    probably: Side

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.ref}"


@dataclass(frozen=True, kw_only=True)
class PersonMerge:
    """Two entries that became one; `moved` counts what changed hands, by kind."""

    id: int
    kept_id: int
    kept_name: str
    merged_id: int
    merged_name: str
    merged_email: str | None
    reason: str
    merged_at: datetime
    merged_by: str | None
    undone_at: datetime | None
    undone_by: str | None
    moved: Mapping[str, int]


class Holding(Protocol):
    """Things of one kind that belong to people; each room brings its own, see `merging.add_holding`."""

    kind: str

    def give(
        self, session: WriteSession, giver: int, taker: int, refs: Collection[str] | None
    ) -> list[Moved]:
        """Hand over what the giver has: these, or everything for None. What the giver has not, stays."""

    def give_back(self, session: WriteSession, giver: int, taker: int, moved: Collection[Moved]) -> None:
        """Take the other hand's things back as they were, where the giver still has them."""

    def since(
        self, session: ReadSession, person_id: int, at: datetime, merged_contacts: Collection[str]
    ) -> list[Arrival]:
        """What a person got after that time."""
