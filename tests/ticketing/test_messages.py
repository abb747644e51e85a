from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from foundation import clock
from foundation.db import WriteSession
from tests.ticketing.desk import ANN, BOB, VERA, opened, who
from ticketing import directory
from ticketing import service as ticketing
from ticketing.directory_types import Presence
from ticketing.errors import (
    EmptyMessageError,
    TicketClosedError,
)
from ticketing.types import (
    MessageRole,
    Metric,
    NewMessage,
    NewReply,
    State,
    TicketChange,
)


def test_the_same_reply_sent_twice_is_there_once(session: WriteSession) -> None:
    made, ann = opened(session, VERA), who(session, ANN)
    first = ticketing.reply(session, ann, made.id, NewReply(text="Hello", client_id="x1"))
    again = ticketing.reply(session, ann, made.id, NewReply(text="Hello", client_id="x1"))
    assert again == first
    assert len(ticketing.ticket(session, ann, made.id).messages) == 2
    said = NewMessage(role=MessageRole.CUSTOMER, text="Thanks", client_id="t9")
    assert ticketing.add_message(session, made.id, said) == ticketing.add_message(session, made.id, said)


def test_an_agents_first_answer_takes_and_opens_the_ticket_and_stops_the_clock(session: WriteSession) -> None:
    made, ann = opened(session, VERA), who(session, ANN)
    clock.advance(timedelta(minutes=10))
    ticketing.reply(session, ann, made.id, NewReply(text="Hello"))
    seen = ticketing.ticket(session, ann, made.id)
    assert seen.state is State.OPEN and seen.waiting_since is None
    assert seen.assignee is not None and seen.assignee.name == "Ann"
    first = seen.clock(Metric.FIRST_RESPONSE)
    assert first is not None and (first.state, first.met_at) == ("met", clock.now())


def test_what_the_bot_says_stops_no_clock(session: WriteSession) -> None:
    made = opened(session, VERA)
    ticketing.add_message(session, made.id, NewMessage(role=MessageRole.BOT, text="One moment"))
    ticketing.add_message(session, made.id, NewMessage(role=MessageRole.SYSTEM, text="Handed over"))
    seen = ticketing.ticket(session, who(session, ANN), made.id)
    first = seen.clock(Metric.FIRST_RESPONSE)
    assert first is not None and first.state == "running" and seen.state is State.NEW
    with pytest.raises(ValueError, match="reply"):
        ticketing.add_message(session, made.id, NewMessage(role=MessageRole.AGENT, text="me"))


@pytest.mark.parametrize("before", ["waiting_customer", "on_hold", "solved"])
def test_a_customers_message_brings_a_ticket_back(session: WriteSession, before: str) -> None:
    made, ann = opened(session, VERA), who(session, ANN)
    ticketing.reply(session, ann, made.id, NewReply(text="Hello", then=before))
    assert ticketing.ticket(session, ann, made.id).state == before
    ticketing.reply(session, who(session, VERA), made.id, NewReply(text="Still beeps"))
    seen = ticketing.ticket(session, ann, made.id)
    assert seen.state is State.OPEN and seen.waiting_since == clock.now() and seen.unread


def test_a_ticket_that_comes_back_goes_to_its_agent_only_if_the_agent_is_there(session: WriteSession) -> None:
    ann = who(session, ANN)
    assert ann.agent_id is not None
    for presence, stays in ((Presence.OFFLINE, False), (Presence.ONLINE, True)):
        directory.set_presence(session, ann.agent_id, presence)
        made = opened(session, VERA)
        ticketing.reply(session, ann, made.id, NewReply(text="Done", then="solved"))
        ticketing.reply(session, who(session, VERA), made.id, NewReply(text="No"))
        assert (ticketing.ticket(session, ann, made.id).assignee is not None) is stays


def test_a_closed_ticket_takes_no_reply(session: WriteSession) -> None:
    made, ann = opened(session, VERA), who(session, ANN)
    ticketing.resolve(session, ann, made.id)
    ticketing.change(session, ann, made.id, TicketChange(state="closed"))
    for viewer in (ann, who(session, VERA)):
        with pytest.raises(TicketClosedError) as caught:
            ticketing.reply(session, viewer, made.id, NewReply(text="hi"))
        assert (caught.value.code, caught.value.status) == ("ticket_closed", 409)


def test_an_empty_message_is_refused(session: WriteSession) -> None:
    made = opened(session, VERA)
    with pytest.raises(EmptyMessageError):
        ticketing.reply(session, who(session, VERA), made.id, NewReply(text=" \n"))


def test_unread_is_what_the_other_side_wrote_since_one_looked(session: WriteSession) -> None:
    made, ann, bob, vera = opened(session, VERA), who(session, ANN), who(session, BOB), who(session, VERA)

    def unread(email: Any) -> bool:
        return ticketing.tickets(session, email)[0][0].unread

    assert unread(ann) and unread(bob) and not unread(vera)
    ticketing.mark_read(session, ann, made.id)
    assert not unread(ann) and unread(bob)
    ticketing.reply(session, bob, made.id, NewReply(text="Hello"))
    assert not unread(ann) and not unread(bob) and unread(vera)
    ticketing.mark_read(session, vera, made.id)
    ticketing.mark_read(session, vera, made.id)
    assert not unread(vera)
