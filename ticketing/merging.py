"""Merging people: two entries become one, and can become two again with nothing lost.

The merged entry stays as a row that leads to the kept one, inactive. What belonged to it changes hands and is
written down piece by piece; undoing hands exactly these pieces back, those that the kept entry still has.
What came in between has no side of its own, so undoing asks for each piece whose it is and refuses to guess.
Merges are undone from the last one back. What somebody wrote stays under the name it was written with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import or_, select

from foundation import clock
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import contacts, directory_changes
from ticketing.errors import PersonNotFoundError
from ticketing.errors_directory import (
    MergeUndoUndecidedError,
    PersonMergeNotFoundError,
    PersonMergeRefusedError,
)
from ticketing.merging_holdings import ContactHolding, ImpressionHolding, ReadingHolding, TicketHolding
from ticketing.merging_types import Arrival, Holding, Moved, PersonMerge, Side
from ticketing.tables import AgentTable, MergeItemTable, PersonMergeTable, PersonTable

_holdings: list[Holding] = [ContactHolding(), TicketHolding(), ImpressionHolding(), ReadingHolding()]


def add_holding(holding: Holding) -> None:
    """Let a higher room say what it keeps of people; adding a kind again changes nothing."""
    if all(one.kind != holding.kind for one in _holdings):
        _holdings.append(holding)


def merge(
    session: WriteSession, actor: Viewer, kept_id: int, merged_id: int, *, reason: str = ""
) -> PersonMerge:
    """Make `merged_id` a part of `kept_id`, with everything that belongs to it.

    Raises PersonNotFoundError, PersonMergeRefusedError.
    """
    kept, merged = _locked(session, kept_id, merged_id)
    _check(session, kept, merged)
    row = PersonMergeTable(
        kept_id=kept.id,
        merged_id=merged.id,
        reason=reason,
        merged_at=clock.now(),
        merged_by=actor.name,
        was_active=merged.is_active,
        added_tags=sorted(set(merged.tags) - set(kept.tags)),
    )
    session.add(row)
    merged.is_active, merged.merged_into_id = False, kept.id
    kept.tags = sorted({*kept.tags, *merged.tags})
    session.flush()
    for holding in _holdings:
        for one in holding.give(session, merged.id, kept.id, None):
            _note_item(session, row.id, holding.kind, one)
    for person in (kept, merged):
        directory_changes.note(
            session, "merged", actor, person_id=person.id, merge_id=row.id, kept=kept.id, merged=merged.id
        )
    session.flush()
    return _to_merge(session, row)


def _locked(session: WriteSession, *ids: int) -> list[PersonTable]:
    """The rows, fresh and held, always locked in the same order so that nobody waits in a ring."""
    session.flush()
    statement = select(PersonTable).where(PersonTable.id.in_(ids)).order_by(PersonTable.id).with_for_update()
    found = {row.id: row for row in session.scalars(statement.execution_options(populate_existing=True))}
    for one in ids:
        if one not in found:
            raise PersonNotFoundError(one)
    return [found[one] for one in ids]


def _check(session: ReadSession, kept: PersonTable, merged: PersonTable) -> None:
    if kept.id == merged.id:
        raise PersonMergeRefusedError("same", "a person cannot be merged into itself")
    if kept.merged_into_id is not None or merged.merged_into_id is not None:
        raise PersonMergeRefusedError("merged_already", "one of the two was merged already")
    staff = select(AgentTable.id).where(AgentTable.person_id.in_((kept.id, merged.id))).limit(1)
    if session.scalar(staff) is not None:
        raise PersonMergeRefusedError("staff", "members of staff are not merged")
    if merged.company_id is not None and kept.company_id is None:
        raise PersonMergeRefusedError("keep_the_other", "keep the entry that has a company")
    if merged.company_id is not None and merged.company_id != kept.company_id:
        raise PersonMergeRefusedError("two_companies", "the two belong to different companies")


def _note_item(session: WriteSession, merge_id: int, kind: str, moved: Moved) -> None:
    session.add(MergeItemTable(merge_id=merge_id, kind=kind, ref=moved.ref, detail=dict(moved.detail)))


# Undoing


def arrivals(session: ReadSession, merge_id: int) -> list[Arrival]:
    """What came to the kept entry since the merge, oldest first. Raises PersonMergeNotFoundError."""
    row = _row(session, merge_id)
    mine = _contacts_of_merged(session, row)
    moved = {(one.kind, one.ref) for one in _items(session, merge_id)}
    found = [
        one
        for holding in _holdings
        for one in holding.since(session, row.kept_id, row.merged_at, mine)
        if (one.kind, one.ref) not in moved and not _is_of_later_merge(session, row, one)
    ]
    return sorted(found, key=lambda one: (one.at, one.key))


def _contacts_of_merged(session: ReadSession, row: PersonMergeTable) -> set[str]:
    found = {one.value for one in contacts.contacts(session, row.merged_id)}
    refs = [int(one.ref) for one in _items(session, row.id) if one.kind == ContactHolding.kind]
    return found | ContactHolding.values(session, refs)


def _is_of_later_merge(session: ReadSession, row: PersonMergeTable, arrival: Arrival) -> bool:
    """What another merge brought is that merge's to give back."""
    other = (
        select(MergeItemTable.id)
        .join(PersonMergeTable, PersonMergeTable.id == MergeItemTable.merge_id)
        .where(
            PersonMergeTable.kept_id == row.kept_id,
            PersonMergeTable.undone_at.is_(None),
            PersonMergeTable.id != row.id,
            MergeItemTable.kind == arrival.kind,
            MergeItemTable.ref == arrival.ref,
        )
    )
    return session.scalar(other.limit(1)) is not None


def undo(
    session: WriteSession, actor: Viewer, merge_id: int, decisions: Mapping[str, Side] | None = None
) -> PersonMerge:
    """Make two of one again. `decisions` says for every arrival, by its key, whose it is.

    Undone already, nothing changes. Raises PersonMergeNotFoundError, PersonMergeRefusedError while the kept
    entry is itself merged, MergeUndoUndecidedError if something came in of which nothing was said.
    """
    row = _row(session, merge_id)
    kept, merged = _locked(session, row.kept_id, row.merged_id)
    session.refresh(row)
    if row.undone_at is not None:
        return _to_merge(session, row)
    if kept.merged_into_id is not None:
        raise PersonMergeRefusedError("later_merge", "undo first the merge that came after this one")
    came = arrivals(session, merge_id)
    decided = decisions or {}
    if undecided := [one.key for one in came if decided.get(one.key) not in ("kept", "merged")]:
        raise MergeUndoUndecidedError(merge_id, undecided)
    merged.is_active, merged.merged_into_id = row.was_active, None
    kept.tags = sorted(set(kept.tags) - set(row.added_tags))
    session.flush()
    _hand_back(session, row, [one for one in came if decided[one.key] == "merged"])
    row.undone_at, row.undone_by = clock.now(), actor.name
    for person in (kept, merged):
        directory_changes.note(
            session, "merge_undone", actor, person_id=person.id, merge_id=row.id, decisions=dict(decided)
        )
    session.flush()
    return _to_merge(session, row)


def _hand_back(session: WriteSession, row: PersonMergeTable, came: list[Arrival]) -> None:
    items = _items(session, row.id)
    for holding in _holdings:
        moved = [Moved(ref=one.ref, detail=one.detail) for one in items if one.kind == holding.kind]
        holding.give_back(session, row.kept_id, row.merged_id, moved)
        holding.give(
            session, row.kept_id, row.merged_id, [one.ref for one in came if one.kind == holding.kind]
        )


def _items(session: ReadSession, merge_id: int) -> list[MergeItemTable]:
    mine = MergeItemTable.merge_id == merge_id
    return list(session.scalars(select(MergeItemTable).where(mine).order_by(MergeItemTable.id)))


def _row(session: ReadSession, merge_id: int) -> PersonMergeTable:
    row = session.get(PersonMergeTable, merge_id)
    if row is None:
        raise PersonMergeNotFoundError(merge_id)
    return row


# Reading


def merges(session: ReadSession, person_id: int) -> list[PersonMerge]:
    """The merges in which an entry had a part, undone ones too, newest first."""
    part = or_(PersonMergeTable.kept_id == person_id, PersonMergeTable.merged_id == person_id)
    rows = session.scalars(select(PersonMergeTable).where(part).order_by(PersonMergeTable.id.desc()))
    return [_to_merge(session, row) for row in rows]


def _to_merge(session: ReadSession, row: PersonMergeTable) -> PersonMerge:
    kept = session.get_one(PersonTable, row.kept_id)
    merged = session.get_one(PersonTable, row.merged_id)
    return PersonMerge(
        id=row.id,
        kept_id=kept.id,
        kept_name=kept.name,
        merged_id=merged.id,
        merged_name=merged.name,
        merged_email=merged.email,
        reason=row.reason,
        merged_at=row.merged_at,
        merged_by=row.merged_by,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
        moved=Counter(one.kind for one in _items(session, row.id)),
    )
