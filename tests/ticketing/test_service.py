from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from foundation import clock
from foundation.access import ANONYMOUS
from foundation.db import WriteSession
from tests.ticketing.desk import ANN, BOB, MIA, SAM, SOLO, VERA, VICTOR, opened, shanghai, who
from ticketing import service as ticketing
from ticketing.errors import (
    AgentRequiredError,
    PersonNotFoundError,
    RepeatedKeyError,
    TicketNotFoundError,
)
from ticketing.tables import TicketTable
from ticketing.types import (
    Channel,
    FilledForm,
    Handoff,
    MessageRole,
    Metric,
    NewMessage,
    NewReply,
    NewTicket,
    Order,
    Priority,
    State,
    TicketChange,
    TicketFilter,
    Tried,
    Visibility,
)


def test_a_ticket_says_whose_it_is_where_it_waits_and_until_when(session: WriteSession) -> None:
    made = opened(session, VERA, language="en", body="The pump stops.\nEvery hour.", subject="")
    assert made.number == f"JD-{made.id:06d}" and made.subject == "The pump stops."
    assert (made.state, made.tier, made.queue.slug, made.version) == (State.NEW, "vip", "vip", 1)
    assert made.company is not None and made.company.slug == "acme"
    assert made.requester is not None and made.requester.name == "Vera"
    first = made.clock(Metric.FIRST_RESPONSE)
    assert first is not None and first.due_at == made.due_at == shanghai("2026-09-07 10:15")
    resolution = made.clock(Metric.RESOLUTION)
    assert resolution is not None and resolution.due_at == shanghai("2026-09-07 15:00")
    assert [message.text for message in made.messages] == ["The pump stops.\nEvery hour."]
    assert made.last_message is not None and made.last_message.role is MessageRole.CUSTOMER


def test_a_handoff_carries_everything_the_customer_has_said_and_seen(session: WriteSession) -> None:
    turns = (
        NewMessage(role=MessageRole.CUSTOMER, text="怎么复位？", client_id="t1"),
        NewMessage(role=MessageRole.BOT, text="长按五秒。", client_id="t2", citations=({"n": 1},)),
    )
    made = ticketing.open_ticket(
        session,
        NewTicket(
            messages=turns,
            conversation_id="c_1",
            channel=Channel.WIDGET,
            handoff=Handoff("asked", "/pumps", {"product": "P1"}),
            tried=(Tried(7, "Reset"),),
            form=FilledForm("tech", {"a": 1}),
        ),
    )
    seen = ticketing.ticket(session, who(session, BOB), made.id)
    assert [(m.role, m.text) for m in seen.messages] == [("customer", "怎么复位？"), ("bot", "长按五秒。")]
    assert seen.messages[1].citations == ({"n": 1},)
    assert seen.subject == "怎么复位？" and seen.requester is None and seen.tier is None
    assert seen.handoff == Handoff("asked", "/pumps", {"product": "P1"})
    assert seen.tried == (Tried(7, "Reset"),) and seen.form == FilledForm("tech", {"a": 1})


def test_one_conversation_opens_one_ticket(session: WriteSession) -> None:
    first = opened(session, conversation_id="c_1")
    assert opened(session, conversation_id="c_1", subject="again").id == first.id
    assert session.scalar(select(func.count()).select_from(TicketTable)) == 1
    assert len(ticketing.ticket(session, who(session, BOB), first.id).messages) == 1
    stranger = opened(session, None, conversation_id="c_2")
    assert opened(session, SAM, conversation_id="c_2").id == stranger.id  # who has signed in since
    found = ticketing.ticket_of_conversation(session, "c_1")
    assert found is not None and found.id == first.id


def test_one_key_of_one_requester_opens_one_ticket_and_nobody_elses(session: WriteSession) -> None:
    first = opened(session, idempotency_key="k1")
    assert opened(session, idempotency_key="k1").id == first.id
    assert opened(session, idempotency_key="k2").id != first.id
    strange = opened(session, None, idempotency_key="k3", requester_email="x@x.example")
    assert opened(session, None, idempotency_key="k3", requester_email="x@x.example").id == strange.id
    for email, key, address in ((VERA, "k1", None), (None, "k1", None), (None, "k3", "y@y.example")):
        with pytest.raises(RepeatedKeyError):
            opened(session, email, idempotency_key=key, requester_email=address)


def test_nobody_opens_a_ticket_in_the_name_of_someone_who_is_not_there(session: WriteSession) -> None:
    with pytest.raises(PersonNotFoundError):
        ticketing.open_ticket(session, NewTicket(body="x", requester_id=999))


def test_an_address_that_a_stranger_types_gives_no_tier_and_no_access(session: WriteSession) -> None:
    made = opened(session, None, requester_email=VERA, requester_name="Vera?")
    assert made.tier is None and made.company is None and made.queue.slug == "zh"
    with pytest.raises(TicketNotFoundError):
        ticketing.ticket(session, who(session, VERA), made.id)


def test_a_stranger_follows_the_ticket_with_the_token_only(session: WriteSession) -> None:
    made = opened(session, None)
    token = ticketing.give_token(session, made.id)
    assert ticketing.ticket_by_token(session, token).id == made.id
    with pytest.raises(TicketNotFoundError):
        ticketing.ticket_by_token(session, token + "x")
    with pytest.raises(TicketNotFoundError):
        ticketing.ticket(session, ANONYMOUS, made.id)


# Who sees what


def test_customers_see_their_companys_tickets_and_no_others(session: WriteSession) -> None:
    vera, sam, solo, alone = (
        opened(session, VERA),
        opened(session, SAM),
        opened(session, None),
        opened(session, SOLO),
    )
    expected = {
        VERA: {vera.id},
        VICTOR: {vera.id},
        SAM: {sam.id},
        SOLO: {alone.id},
        BOB: {vera.id, sam.id, solo.id, alone.id},
        MIA: {vera.id, sam.id, solo.id, alone.id},
    }
    for email, ids in expected.items():
        viewer = who(session, email)
        found, total = ticketing.tickets(session, viewer)
        assert {one.id for one in found} == ids and total == len(ids)
        for one in (vera, sam, solo, alone):
            if one.id in ids:
                assert ticketing.ticket(session, viewer, one.id).id == one.id
            else:
                with pytest.raises(TicketNotFoundError):
                    ticketing.ticket(session, viewer, one.id)
    assert ticketing.tickets(session, ANONYMOUS) == ([], 0)


@pytest.mark.parametrize(
    "wanted",
    [
        TicketFilter(company="acme"),
        TicketFilter(q="beeps"),
        TicketFilter(q="vera@acme"),
        TicketFilter(queue="vip"),
        TicketFilter(tier="vip"),
        TicketFilter(assignee=1),
        TicketFilter(requester_id=1),
        TicketFilter(states=(State.NEW,)),
    ],
)
def test_no_filter_widens_what_a_customer_sees(session: WriteSession, wanted: TicketFilter) -> None:
    opened(session, VERA)
    assert ticketing.tickets(session, who(session, SAM), wanted) == ([], 0)


def test_another_company_can_do_nothing_to_a_ticket(session: WriteSession) -> None:
    made, sam = opened(session, VERA), who(session, SAM)
    ticketing.resolve(session, who(session, ANN), made.id)
    for act in (
        lambda: ticketing.reply(session, sam, made.id, NewReply(text="hi")),
        lambda: ticketing.rate(session, sam, made.id, 1),
        lambda: ticketing.mark_read(session, sam, made.id),
    ):
        with pytest.raises(TicketNotFoundError):
            act()


def test_customers_cannot_do_what_agents_do(session: WriteSession) -> None:
    made, vera = opened(session, VERA), who(session, VERA)
    for act in (
        lambda: ticketing.claim(session, vera, made.id),
        lambda: ticketing.assign(session, vera, made.id, agent_id=1),
        lambda: ticketing.change(session, vera, made.id, TicketChange(priority=Priority.URGENT)),
        lambda: ticketing.resolve(session, vera, made.id),
        lambda: ticketing.merge(session, vera, made.id, made.id),
    ):
        with pytest.raises(AgentRequiredError):
            act()


def test_internal_notes_stay_inside(session: WriteSession) -> None:
    made, ann, vera = opened(session, VERA), who(session, ANN), who(session, VERA)
    ticketing.reply(session, ann, made.id, NewReply(text="difficult", visibility=Visibility.INTERNAL))
    seen = ticketing.ticket(session, vera, made.id)
    assert [message.text for message in seen.messages] == ["It beeps all day."]
    assert seen.last_message is not None and seen.last_message.text == "It beeps all day."
    assert not {"planned", "replied"} & {entry.event for entry in seen.history} and seen.allowed_states == ()
    staff = ticketing.ticket(session, ann, made.id)
    assert staff.messages[-1].text == "difficult" and staff.last_message == replace(
        staff.last_message, text="difficult"
    )
    first = staff.clock(Metric.FIRST_RESPONSE)
    assert first is not None and first.met_at is None and staff.waiting_since is not None


def test_a_customer_cannot_write_internally(session: WriteSession) -> None:
    made, vera = opened(session, VERA), who(session, VERA)
    said = ticketing.reply(
        session, vera, made.id, NewReply(text="hi", visibility=Visibility.INTERNAL, then="solved")
    )
    assert said.visibility is Visibility.PUBLIC
    assert ticketing.ticket(session, vera, made.id).state is State.NEW


# Lists


def test_filters_find_and_pages_count(session: WriteSession) -> None:
    vera, sam, ann = (
        opened(session, VERA, subject="Pump noise"),
        opened(session, SAM, subject="Rechnung"),
        who(session, ANN),
    )
    ticketing.claim(session, ann, vera.id)

    def found(**wanted: Any) -> list[int]:
        return [one.id for one in ticketing.tickets(session, ann, TicketFilter(**wanted))[0]]

    assert found() == [vera.id, sam.id]
    assert found(queue="vip") == found(tier="vip") == found(company="acme") == [vera.id]
    assert found(assignee="me") == found(assignee=ann.agent_id) == [vera.id]
    assert found(assignee="none") == found(states=(State.NEW,)) == [sam.id]
    assert found(q="noise PUMP") == found(q=vera.number) == found(q="vera") == [vera.id]
    assert found(q="100%") == []
    page, total = ticketing.tickets(session, ann, order=Order.NEWEST, limit=1)
    assert [one.id for one in page] == [sam.id] and total == 2


def test_queue_loads_count_what_lies_in_them(session: WriteSession) -> None:
    vera, _sam, ann = opened(session, VERA), opened(session, SAM), who(session, ANN)
    ticketing.claim(session, ann, vera.id)
    clock.advance(timedelta(hours=1))
    loads = {
        load.queue.slug: (load.waiting, load.open, load.breached) for load in ticketing.queue_loads(session)
    }
    assert loads == {"vip": (0, 1, 1), "bills": (0, 0, 0), "zh": (1, 1, 0), "rest": (0, 0, 0)}
