from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from foundation import clock
from foundation.db import WriteSession, write_session
from tests.ticketing.desk import ANN, BOB, SAM, VERA, opened, shanghai, who
from ticketing import service as ticketing
from ticketing.errors import (
    MergeRefusedError,
    MoveNotAllowedError,
    TicketTakenError,
    UnknownSlugError,
    VersionConflictError,
)
from ticketing.tables import HistoryTable
from ticketing.types import (
    NewReply,
    Priority,
    State,
    TicketChange,
)


def test_who_claims_second_is_told_who_was_first(session: WriteSession) -> None:
    made, ann, bob = opened(session, VERA), who(session, ANN), who(session, BOB)
    taken = ticketing.claim(session, ann, made.id, version=made.version)
    assert taken.assignee is not None and taken.assignee.name == "Ann" and taken.state is State.OPEN
    assert ticketing.claim(session, ann, made.id, version=made.version).version == taken.version
    with pytest.raises(TicketTakenError) as caught:
        ticketing.claim(session, bob, made.id, version=made.version)
    assert caught.value.code == "ticket_taken" and caught.value.fields()["assignee"]["name"] == "Ann"


def test_a_write_over_what_one_has_not_seen_is_refused(session: WriteSession) -> None:
    made, ann, bob = opened(session, VERA), who(session, ANN), who(session, BOB)
    changed = ticketing.change(
        session, ann, made.id, TicketChange(priority=Priority.HIGH), version=made.version
    )
    for act in (
        lambda: ticketing.claim(session, bob, made.id, version=made.version),
        lambda: ticketing.assign(session, bob, made.id, agent_id=bob.agent_id, version=made.version),
        lambda: ticketing.change(session, bob, made.id, TicketChange(state="open"), version=made.version),
        lambda: ticketing.resolve(session, bob, made.id, version=made.version),
        lambda: ticketing.reply(session, bob, made.id, NewReply(text="x", version=made.version)),
    ):
        with pytest.raises(VersionConflictError) as caught:
            act()
        assert caught.value.fields()["version"] == changed.version
    given = ticketing.assign(session, bob, made.id, agent_id=ann.agent_id, version=changed.version)
    assert given.assignee is not None and given.assignee.name == "Ann"
    freed = ticketing.assign(session, bob, made.id, agent_id=None, version=given.version)
    assert freed.assignee is None


def test_moves_that_are_not_listed_are_refused_and_listed_ones_offered(session: WriteSession) -> None:
    made, ann = opened(session, VERA), who(session, ANN)
    for state in ("closed", "merged"):
        with pytest.raises(MoveNotAllowedError) as caught:
            ticketing.change(session, ann, made.id, TicketChange(state=state))
        assert caught.value.code == "move_not_allowed"
    seen = ticketing.ticket(session, ann, made.id)
    assert [status.type for status in seen.allowed_states] == [
        "open",
        "waiting_customer",
        "on_hold",
        "solved",
    ]
    with pytest.raises(UnknownSlugError):
        ticketing.change(session, ann, made.id, TicketChange(state="lost"))


def test_a_new_priority_is_promised_from_the_start(session: WriteSession) -> None:
    made, ann = opened(session, SAM), who(session, ANN)
    clock.advance(timedelta(minutes=30))
    seen = ticketing.change(session, ann, made.id, TicketChange(priority=Priority.URGENT))
    assert seen.due_at == shanghai("2026-09-07 11:00")


def test_a_company_that_becomes_vip_is_promised_and_queued_as_such_from_the_start(
    session: WriteSession,
) -> None:
    made, taken, ann = opened(session, SAM), opened(session, SAM), who(session, ANN)
    ticketing.claim(session, ann, taken.id)
    clock.advance(timedelta(minutes=10))
    assert ticketing.set_company_tier(session, "globex", "vip", actor=ann) == 2
    seen = ticketing.ticket(session, ann, made.id)
    assert (seen.tier, seen.queue.slug, seen.due_at) == ("vip", "vip", shanghai("2026-09-07 10:15"))
    assert ticketing.ticket(session, ann, taken.id).queue.slug == "zh"
    assert ticketing.set_company_tier(session, "globex", "vip") == 0


def test_a_merged_ticket_passes_later_messages_on_and_its_clocks_rest(session: WriteSession) -> None:
    first, second, ann, vera = (
        opened(session, VERA),
        opened(session, VERA),
        who(session, ANN),
        who(session, VERA),
    )
    ticketing.merge(session, ann, second.id, first.id)
    ticketing.reply(session, vera, second.id, NewReply(text="And it smells"))
    assert ticketing.ticket(session, ann, first.id).messages[-1].text == "And it smells"
    seen = ticketing.ticket(session, ann, second.id)
    assert seen.state is State.MERGED and seen.merged_into == first.id
    assert {one.state for one in seen.clocks} == {"paused"}
    for refused in ((second.id, first.id), (first.id, second.id), (first.id, first.id)):
        with pytest.raises((MoveNotAllowedError, MergeRefusedError)):
            ticketing.merge(session, ann, *refused)
    with pytest.raises(MergeRefusedError):
        ticketing.merge(session, ann, opened(session, SAM).id, first.id)


@pytest.mark.parametrize("act", ["change", "delete"])
def test_history_cannot_be_rewritten(desk: None, act: str) -> None:
    with write_session() as session:
        opened(session)
    with pytest.raises(RuntimeError, match="only ever added"), write_session() as session:
        row = session.scalars(select(HistoryTable)).first()
        assert row is not None
        if act == "change":
            row.event = "nothing"
        else:
            session.delete(row)


def test_the_history_tells_who_did_what(session: WriteSession) -> None:
    made, ann = opened(session, VERA), who(session, ANN)
    ticketing.claim(session, ann, made.id)
    ticketing.resolve(session, ann, made.id)
    told = [(entry.actor, entry.event) for entry in ticketing.ticket(session, ann, made.id).history]
    assert [one for one in told if one[1] != "planned"] == [
        ("Vera", "opened"),
        ("Ann", "assigned"),
        ("Ann", "state_changed"),
        ("Ann", "state_changed"),
        ("Ann", "resolved"),
    ]
