"""Two entries become one and two again: nothing is lost, and nothing that came in between is guessed at."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation import clock
from foundation.access import Viewer
from foundation.db import WriteSession
from tests.ticketing.desk import ANN, MIA, SAM, SOLO, VERA, VICTOR, opened, who
from ticketing import contacts, directory, directory_changes, merging, people
from ticketing import service as ticketing
from ticketing.contacts import ContactChannel
from ticketing.directory_types import NewPerson
from ticketing.errors import PersonNotFoundError
from ticketing.errors_directory import (
    MergeUndoUndecidedError,
    PersonMergeNotFoundError,
    PersonMergeRefusedError,
)
from ticketing.types import Metric


def pid(session: WriteSession, email: str) -> int:
    return directory.person_by_email(session, email).id


@pytest.fixture
def mia(session: WriteSession) -> Viewer:
    return who(session, MIA)


def requester(session: WriteSession, ticket_id: int, reader: Viewer) -> int | None:
    found = ticketing.ticket(session, reader, ticket_id).requester
    return found.id if found else None


def test_everything_of_the_merged_entry_is_the_kept_ones(session: WriteSession, mia: Viewer) -> None:
    vera, victor = pid(session, VERA), pid(session, VICTOR)
    hers, his = opened(session, VERA).id, opened(session, VICTOR).id
    contacts.add(session, victor, ContactChannel.WECHAT, "openid-1")
    made = merging.merge(session, mia, vera, victor, reason="the same person")
    assert {requester(session, one, mia) for one in (hers, his)} == {vera}
    assert contacts.owner(session, ContactChannel.WECHAT, "openid-1") == vera
    assert contacts.owner(session, ContactChannel.MAIL, VICTOR) == vera
    assert dict(made.moved) == {"ticket": 1, "contact": 1}
    assert people.entries_of(session, vera) == (vera, victor)
    assert who(session, VICTOR).person_id == vera, "the other address signs in as the one person"
    with pytest.raises(PersonNotFoundError):
        directory.viewer_by_person(session, victor)  # an open session of the merged entry has ended
    assert [one.id for one in people.people(session, company="acme")[0]] == [vera]


def test_undone_everything_is_as_it_was(session: WriteSession, mia: Viewer) -> None:
    vera, victor = pid(session, VERA), pid(session, VICTOR)
    directory.upsert_person(session, NewPerson(email=VICTOR, name="Victor", company="acme", tags=("buyer",)))
    hers, his = opened(session, VERA).id, opened(session, VICTOR).id
    contacts.add(session, victor, ContactChannel.PHONE, "5551234")
    before = [directory.person(session, one) for one in (vera, victor)]
    clock.advance(timedelta(minutes=1))
    made = merging.merge(session, mia, vera, victor)
    clock.advance(timedelta(minutes=1))
    undone = merging.undo(session, mia, made.id)
    assert undone.undone_by == "Mia"
    assert [directory.person(session, one) for one in (vera, victor)] == before
    assert (requester(session, hers, mia), requester(session, his, mia)) == (vera, victor)
    assert contacts.owner(session, ContactChannel.PHONE, "5551234") == victor
    assert who(session, VICTOR).person_id == victor
    assert merging.undo(session, mia, made.id) == undone, "again changes nothing"


def test_what_came_in_between_must_be_decided_on(session: WriteSession, mia: Viewer) -> None:
    vera, victor = pid(session, VERA), pid(session, VICTOR)
    made = merging.merge(session, mia, vera, victor)
    clock.advance(timedelta(hours=1))
    mine, other = opened(session, VERA).id, opened(session, VERA).id
    added = contacts.add(session, vera, ContactChannel.PHONE, "5551234")
    keys = [one.key for one in merging.arrivals(session, made.id)]
    assert sorted(keys) == sorted([f"ticket:{mine}", f"ticket:{other}", f"contact:{added.id}"])
    with pytest.raises(MergeUndoUndecidedError) as caught:
        merging.undo(session, mia, made.id, {f"ticket:{mine}": "kept"})
    assert sorted(caught.value.undecided) == sorted(set(keys) - {f"ticket:{mine}"})
    assert who(session, VICTOR).person_id == vera, "nothing was undone yet"
    merging.undo(
        session,
        mia,
        made.id,
        {f"ticket:{mine}": "kept", f"ticket:{other}": "merged", f"contact:{added.id}": "merged"},
    )
    assert (requester(session, mine, mia), requester(session, other, mia)) == (vera, victor)
    assert contacts.owner(session, ContactChannel.PHONE, "5551234") == victor


def test_a_stranger_who_proves_to_be_a_vip_is_promised_what_a_vip_is_and_loses_it_again(
    session: WriteSession, mia: Viewer
) -> None:
    solo, vera = pid(session, SOLO), pid(session, VERA)
    ticket = opened(session, SOLO, language="en")
    slow = ticket.clock(Metric.FIRST_RESPONSE)
    made = merging.merge(session, mia, vera, solo)
    as_vip = ticketing.ticket(session, mia, ticket.id)
    assert (as_vip.tier, as_vip.queue.slug) == ("vip", "vip")
    assert as_vip.company is not None and as_vip.company.slug == "acme"
    quick = as_vip.clock(Metric.FIRST_RESPONSE)
    assert slow is not None and quick is not None and quick.due_at < slow.due_at
    merging.undo(session, mia, made.id)
    again = ticketing.ticket(session, mia, ticket.id)
    assert (again.tier, again.company) == (None, None)
    after = again.clock(Metric.FIRST_RESPONSE)
    assert after is not None and after.due_at == slow.due_at


def test_a_ticket_that_was_given_to_somebody_else_meanwhile_is_not_taken_from_them(
    session: WriteSession, mia: Viewer
) -> None:
    vera, victor, solo = pid(session, VERA), pid(session, VICTOR), pid(session, SOLO)
    his = opened(session, VICTOR).id
    first = merging.merge(session, mia, vera, victor)
    merging.merge(session, mia, vera, solo)
    merging.undo(session, mia, first.id)
    assert requester(session, his, mia) == victor
    assert people.entries_of(session, vera) == (vera, solo)


def test_merges_are_undone_from_the_last_one_back(session: WriteSession, mia: Viewer) -> None:
    vera, victor, solo = pid(session, VERA), pid(session, VICTOR), pid(session, SOLO)
    his = opened(session, SOLO).id
    first = merging.merge(session, mia, victor, solo)
    second = merging.merge(session, mia, vera, victor)
    assert people.current_id(session, solo) == vera
    assert people.entries_of(session, vera) == (vera, victor, solo)
    assert who(session, SOLO).person_id == vera
    with pytest.raises(PersonMergeRefusedError) as caught:
        merging.undo(session, mia, first.id)
    assert caught.value.reason == "later_merge"
    merging.undo(session, mia, second.id)
    assert requester(session, his, mia) == victor
    merging.undo(session, mia, first.id)
    assert requester(session, his, mia) == solo


def test_what_a_later_merge_brought_is_not_asked_about(session: WriteSession, mia: Viewer) -> None:
    vera, victor, solo = pid(session, VERA), pid(session, VICTOR), pid(session, SOLO)
    first = merging.merge(session, mia, vera, victor)
    clock.advance(timedelta(minutes=1))
    opened(session, SOLO)
    merging.merge(session, mia, vera, solo)
    assert merging.arrivals(session, first.id) == []


@pytest.mark.parametrize(
    ("kept", "merged", "reason"),
    [
        (VERA, VERA, "same"),
        (VERA, SAM, "two_companies"),
        (SOLO, VERA, "keep_the_other"),
        (VERA, ANN, "staff"),
        (ANN, SOLO, "staff"),
    ],
)
def test_who_cannot_be_one_person_is_not_merged(
    session: WriteSession, mia: Viewer, kept: str, merged: str, reason: str
) -> None:
    with pytest.raises(PersonMergeRefusedError) as caught:
        merging.merge(session, mia, pid(session, kept), pid(session, merged))
    assert caught.value.reason == reason


def test_who_was_merged_is_not_merged_again_and_who_is_not_there_not_at_all(
    session: WriteSession, mia: Viewer
) -> None:
    vera, victor, solo = pid(session, VERA), pid(session, VICTOR), pid(session, SOLO)
    merging.merge(session, mia, vera, victor)
    for pair in ((vera, victor), (victor, solo)):
        with pytest.raises(PersonMergeRefusedError):
            merging.merge(session, mia, *pair)
    with pytest.raises(PersonNotFoundError):
        merging.merge(session, mia, vera, 999)
    with pytest.raises(PersonMergeNotFoundError):
        merging.undo(session, mia, 999)


def test_a_merged_entry_asks_in_the_name_of_the_kept_one(session: WriteSession, mia: Viewer) -> None:
    vera, victor = pid(session, VERA), pid(session, VICTOR)
    merging.merge(session, mia, vera, victor)
    from ticketing.types import NewTicket

    made = ticketing.open_ticket(session, NewTicket(requester_id=victor, subject="late", language="en"))
    assert requester(session, made.id, mia) == vera


def test_an_import_that_names_a_merged_entry_does_not_wake_it(session: WriteSession, mia: Viewer) -> None:
    vera, victor = pid(session, VERA), pid(session, VICTOR)
    merging.merge(session, mia, vera, victor)
    directory.upsert_person(session, NewPerson(email=VICTOR, name="Victor von A.", company="acme"))
    assert who(session, VICTOR).person_id == vera
    assert directory.person(session, victor).name == "Victor von A."


def test_who_had_left_before_the_merge_has_left_after_its_undoing(session: WriteSession, mia: Viewer) -> None:
    vera, victor = pid(session, VERA), pid(session, VICTOR)
    directory.upsert_person(session, NewPerson(email=VICTOR, name="Victor", company="acme", is_active=False))
    made = merging.merge(session, mia, vera, victor)
    merging.undo(session, mia, made.id)
    assert not directory.person(session, victor).is_active


def test_both_entries_remember_who_merged_and_who_undid(session: WriteSession, mia: Viewer) -> None:
    vera, victor = pid(session, VERA), pid(session, VICTOR)
    made = merging.merge(session, mia, vera, victor)
    merging.undo(session, mia, made.id)
    for one in (vera, victor):
        told = [
            (change.event, change.actor) for change in directory_changes.changes(session, person_ids=(one,))
        ]
        assert told[:2] == [("merge_undone", "Mia"), ("merged", "Mia")]
