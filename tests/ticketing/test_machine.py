"""Any sequence of events keeps states, history, versions and clocks consistent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from foundation import clock
from foundation.db import WriteSession, write_session
from foundation.errors import DomainError
from foundation.jobs import run_one
from tests.ticketing.desk import ANN, BOB, MONDAY_10, VERA, VICTOR, opened, who
from ticketing import clocks, lifecycle, policies, sla
from ticketing import service as ticketing
from ticketing.policy_types import Alerted, Rung
from ticketing.tables import AgentTable
from ticketing.types import (
    ClockState,
    MessageRole,
    Metric,
    NewMessage,
    NewReply,
    Priority,
    State,
    Ticket,
    TicketChange,
    Visibility,
)

AGENTS, CUSTOMERS = st.sampled_from([ANN, BOB]), st.sampled_from([VERA, VICTOR])


class TicketMachine(RuleBasedStateMachine):
    """One ticket, acted on by two agents, two customers of one company, the bot and time."""

    @initialize()
    def open(self) -> None:
        with write_session() as session:
            made = opened(session, VERA)
        self.ticket_id, self.seen, self.length = made.id, made, 0
        self.sent = 0

    @contextmanager
    def acting(self) -> Iterator[WriteSession]:
        """Refusals must leave everything as it was."""
        before = self.read()
        try:
            with write_session() as session:
                yield session
        except DomainError:
            assert self.read() == before

    def read(self) -> Ticket:
        with write_session() as session:
            return ticketing.ticket(session, who(session, ANN), self.ticket_id)

    @rule(minutes=st.sampled_from([1, 14, 60, 500, 3000]))
    def time_passes(self, minutes: int) -> None:
        clock.advance(timedelta(minutes=minutes))
        while run_one():
            pass

    @rule(agent=AGENTS, note=st.booleans(), then=st.sampled_from([None, *list(State)]))
    def an_agent_writes(self, agent: str, note: bool, then: str | None) -> None:
        visibility = Visibility.INTERNAL if note else Visibility.PUBLIC
        with self.acting() as session:
            said = NewReply(text="hello", visibility=visibility, then=then)
            ticketing.reply(session, who(session, agent), self.ticket_id, said)

    @rule(customer=CUSTOMERS, again=st.booleans())
    def a_customer_writes(self, customer: str, again: bool) -> None:
        self.sent += 0 if again else 1
        with self.acting() as session:
            said = NewReply(text="and", client_id=f"c{self.sent}")
            ticketing.reply(session, who(session, customer), self.ticket_id, said)

    @rule()
    def the_bot_writes(self) -> None:
        with self.acting() as session:
            said = NewMessage(role=MessageRole.BOT, text="I am a bot")
            ticketing.add_message(session, self.ticket_id, said)

    @rule(agent=AGENTS, stale=st.booleans())
    def an_agent_claims(self, agent: str, stale: bool) -> None:
        with self.acting() as session:
            version = self.seen.version - stale
            ticketing.claim(session, who(session, agent), self.ticket_id, version=version)

    @rule(agent=AGENTS, to=st.sampled_from([ANN, BOB, None]))
    def an_agent_assigns(self, agent: str, to: str | None) -> None:
        with self.acting() as session:
            target = who(session, to).agent_id if to else None
            ticketing.assign(session, who(session, agent), self.ticket_id, agent_id=target)

    @rule(
        agent=AGENTS,
        state=st.sampled_from([None, *list(State)]),
        priority=st.sampled_from([None, *list(Priority)]),
        queue=st.sampled_from([None, "vip", "rest"]),
    )
    def an_agent_changes(self, agent: str, state: Any, priority: Any, queue: str | None) -> None:
        with self.acting() as session:
            wanted = TicketChange(state=state, priority=priority, queue=queue)
            ticketing.change(session, who(session, agent), self.ticket_id, wanted)

    @rule(agent=AGENTS)
    def an_agent_resolves(self, agent: str) -> None:
        with self.acting() as session:
            ticketing.resolve(session, who(session, agent), self.ticket_id)

    @rule(rating=st.integers(0, 6))
    def the_customer_rates(self, rating: int) -> None:
        with self.acting() as session:
            ticketing.rate(session, who(session, VERA), self.ticket_id, rating)

    @rule(tier=st.sampled_from(["vip", "standard"]))
    def the_company_changes_its_tier(self, tier: str) -> None:
        with self.acting() as session:
            ticketing.set_company_tier(session, "acme", tier)

    @rule(presence=st.sampled_from(["online", "offline"]))
    def an_agent_comes_or_goes(self, presence: str) -> None:
        with write_session() as session:
            for row in session.query(AgentTable):
                row.presence = presence

    @invariant()
    def everything_is_consistent(self) -> None:
        before, now = self.seen, self.read()
        self.seen = now
        self._history_only_grows_and_explains_the_state(before, now)
        self._versions_count_changes(before, now)
        self._clocks_follow_from_the_history(now)
        self._messages_are_there_once(now)

    def _history_only_grows_and_explains_the_state(self, before: Ticket, now: Ticket) -> None:
        assert now.history[: len(before.history)] == before.history or self.length == 0
        self.length = len(now.history)
        assert [one.at for one in now.history] == sorted(one.at for one in now.history)
        state = State.NEW
        for one in now.history:
            if one.event == "state_changed":
                assert one.detail["before"] == state
                after = State(one.detail["after"])
                assert after is state or after in lifecycle.MOVES[state]
                state = after
        assert now.state is state
        assert (now.survey is not None) == any(one.event == "resolved" for one in now.history)

    def _versions_count_changes(self, before: Ticket, now: Ticket) -> None:
        assert now.version >= before.version

        def told(ticket: Ticket) -> tuple[Any, ...]:
            return (ticket.status, ticket.priority, ticket.queue.slug, ticket.tier, ticket.assignee)

        if told(now) != told(before):
            assert now.version > before.version

    def _clocks_follow_from_the_history(self, now: Ticket) -> None:
        with write_session() as session:
            computed = clocks.replay(session, list(now.history), clock.now())
        assert list(now.clocks) == computed
        answered = any(sla.is_human_answer(one) for one in now.history)
        first = now.clock(Metric.FIRST_RESPONSE)
        assert first is not None and (first.met_at is not None) == answered
        resolution = now.clock(Metric.RESOLUTION)
        assert resolution is not None
        assert (resolution.met_at is not None) == (now.state in (State.SOLVED, State.CLOSED))
        for one in now.clocks:
            assert (one.state is ClockState.BREACHED) == (one.breached_at is not None)
            for event, key in (("warned", "warn_at"), ("breached", "due_at"), ("escalated", "at")):
                assert all(e.at.isoformat() >= e.detail[key] for e in now.history if e.event == event)
            if one.state is ClockState.BREACHED:
                told = [e for e in now.history if e.event == "breached" and e.detail["metric"] == one.metric]
                assert told

    def _messages_are_there_once(self, now: Ticket) -> None:
        ids = [one.client_id for one in now.messages if one.client_id]
        assert len(ids) == len(set(ids))
        if now.waiting_since is not None:
            assert now.state not in (State.SOLVED, State.CLOSED)


@pytest.mark.usefixtures("desk")
def test_any_sequence_of_events_keeps_a_ticket_consistent() -> None:
    start = clock.now()
    assert start == MONDAY_10
    with write_session() as session:
        for policy in policies.policies(session):
            rungs = (Rung(30, (Alerted.MANAGERS,)),)
            policies.upsert_policy(session, replace(policy, next_response_minutes=45, escalations=rungs))

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        TicketMachine,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
