"""Any sequence of events keeps a ticket on its workflow's way: status, history, approvals, progress and clocks agree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from foundation import clock
from foundation.db import WriteSession, write_session
from foundation.errors import DomainError
from foundation.jobs import run_one
from tests.ticketing.desk import ANN, BOB, MIA, VERA, VICTOR, opened, who
from tests.ticketing.ways import RETURNS, returning, with_returns
from ticketing import clocks, lifecycle, steps, workflow_specs
from ticketing import service as ticketing
from ticketing.tables import ApprovalTable
from ticketing.types import ClockState, Metric, NewReply, State, Ticket, TicketChange
from ticketing.workflow_types import Decision, ProgressState

SPEC = workflow_specs.parse(RETURNS)
STAFF = st.sampled_from([ANN, BOB, MIA])
EVERYBODY = st.sampled_from([ANN, BOB, MIA, VERA, VICTOR])
STEPS = st.sampled_from([*(one.slug for one in SPEC.steps), *State])


class WayMachine(RuleBasedStateMachine):
    """One ticket on its way, acted on by agents, a manager, two customers and time."""

    @initialize()
    def open(self) -> None:
        with write_session() as session:
            made, other = returning(session, VERA), opened(session, VERA)
        self.ticket_id, self.other_id, self.version = made.id, other.id, 0

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

    @rule(minutes=st.sampled_from([1, 45, 130, 3000, 9000]))
    def time_passes(self, minutes: int) -> None:
        clock.advance(timedelta(minutes=minutes))
        while run_one():
            pass

    @rule(agent=STAFF, to=STEPS, refund=st.sampled_from([None, 5, 100, 999]))
    def an_agent_moves_it(self, agent: str, to: str, refund: int | None) -> None:
        self.try_to_move(agent, to, refund)

    def try_to_move(self, agent: str, to: str, refund: int | None) -> None:
        with self.acting() as session:
            values = {} if refund is None else {"verdict": "ok", "refund": refund}
            steps.move(session, who(session, agent), self.ticket_id, to, values=values)

    @rule(agent=STAFF, data=st.data())
    def an_agent_takes_a_move_that_is_offered(self, agent: str, data: st.DataObject) -> None:
        way = self.read().way
        if way is not None and way.moves:
            target = data.draw(st.sampled_from([one.target.slug for one in way.moves]))
            self.try_to_move(agent, target, data.draw(st.sampled_from([5, 999])))

    @rule(agent=STAFF, state=STEPS)
    def an_agent_sets_the_state(self, agent: str, state: str) -> None:
        with self.acting() as session:
            ticketing.change(session, who(session, agent), self.ticket_id, TicketChange(state=state))

    @rule(agent=STAFF)
    def an_agent_resolves(self, agent: str) -> None:
        with self.acting() as session:
            ticketing.resolve(session, who(session, agent), self.ticket_id)

    @rule(agent=STAFF)
    def an_agent_steps_back(self, agent: str) -> None:
        with self.acting() as session:
            steps.step_back(session, who(session, agent), self.ticket_id, reason="so")

    @rule(agent=STAFF, is_approved=st.booleans())
    def somebody_decides(self, agent: str, is_approved: bool) -> None:
        with self.acting() as session:
            steps.decide(session, who(session, agent), self.ticket_id, is_approved=is_approved)

    @rule(email=EVERYBODY)
    def somebody_calls_it_off(self, email: str) -> None:
        with self.acting() as session:
            steps.cancel(session, who(session, email), self.ticket_id, reason="so")

    @rule(email=EVERYBODY)
    def somebody_writes(self, email: str) -> None:
        with self.acting() as session:
            ticketing.reply(session, who(session, email), self.ticket_id, NewReply(text="and"))

    @rule(agent=STAFF)
    def an_agent_claims(self, agent: str) -> None:
        with self.acting() as session:
            ticketing.claim(session, who(session, agent), self.ticket_id)

    @rule(agent=STAFF)
    def an_agent_merges(self, agent: str) -> None:
        with self.acting() as session:
            ticketing.merge(session, who(session, agent), self.ticket_id, self.other_id)

    @invariant()
    def the_way_is_the_workflows(self) -> None:
        now = self.read()
        state, at = State.NEW, SPEC.steps[0].slug
        for one in now.history:
            if one.event != "state_changed":
                continue
            after = State(one.detail["after"])
            assert (one.detail["before"], one.detail["after"]) != (state, state) or one.detail["status"] != at
            assert after is state or after in lifecycle.MOVES[state]
            step = SPEC.step(one.detail["status"])
            assert (step.type if step else after) is after and (step or after in (State.MERGED, State.CLOSED))
            state, at = after, one.detail["status"]
        assert (now.state, now.status.slug) == (state, at)
        assert now.version >= self.version
        self.version = now.version

    @invariant()
    def a_question_waits_only_in_its_step(self) -> None:
        now = self.read()
        with write_session() as session:
            mine = ApprovalTable.ticket_id == self.ticket_id
            rows = session.scalars(select(ApprovalTable).where(mine).order_by(ApprovalTable.id)).all()
            asked = [(row.id, Decision(row.decision), row.asked_by, row.decided_by) for row in rows]
        waiting = [one for one in asked if one[1] is Decision.WAITING]
        assert bool(waiting) == (now.status.slug == "boss") and len(waiting) <= 1
        told = {
            one.detail["approval_id"]: one.detail["decision"]
            for one in now.history
            if one.event == "approval_decided"
        }
        assert told == {key: decision for key, decision, *_ in asked if decision is not Decision.WAITING}
        by_people = [one for one in asked if one[1] is Decision.APPROVED and one[3]]
        assert all(asker != decider == "Mia" for _key, _decision, asker, decider in by_people)

    @invariant()
    def the_line_has_one_mark_for_now(self) -> None:
        now = self.read()
        assert now.way is not None
        states = [mark.state for mark in now.way.progress]
        assert states == sorted(states, key=lambda one: list(ProgressState).index(one))
        assert states.count(ProgressState.CURRENT) == (now.state in lifecycle.UNFINISHED)
        assert all((mark.at is None) == (mark.state is ProgressState.TODO) for mark in now.way.progress)

    @invariant()
    def the_steps_clock_follows_from_the_history(self) -> None:
        now = self.read()
        with write_session() as session:
            computed = clocks.replay(session, list(now.history), clock.now())
        assert list(now.clocks) == computed
        one = now.clock(Metric.STEP)
        assert one is not None  # the first step has a limit
        step = SPEC.step(now.status.slug)
        if step is not None and step.limit is not None:
            assert one.policy == f"step:{step.slug}" and one.met_at is None
        elif now.state in lifecycle.FINAL or now.state is State.SOLVED or now.state is State.OPEN:
            assert one.met_at is not None
        else:
            assert one.met_at is not None or one.state in (ClockState.PAUSED, ClockState.BREACHED)


@pytest.mark.usefixtures("desk")
def test_any_sequence_of_events_keeps_a_ticket_on_its_way() -> None:
    with write_session() as session:
        with_returns(session)
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        WayMachine,
        settings=settings(
            max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
