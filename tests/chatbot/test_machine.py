"""Whatever customers and agents do, in whatever order, a conversation stays whole."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chatbot.types import ConversationState, TurnKind, TurnRole
from foundation.access import Viewer
from foundation.db import read_session
from tests.chatbot.conftest import House
from tests.chatbot.talk import Talk, agent_claims, agent_replies, agent_resolves
from ticketing import service as ticketing
from ticketing.errors import TicketTakenError
from ticketing.types import MessageRole, TicketFilter

WORDS = st.sampled_from(["变频器报 E-203 怎么处理？", "你好", "谢谢", "明天会下雨吗", "How do I clear fault E-203?", "那 E-999 呢？", "转人工"])  # fmt: skip
OWNED = {ConversationState.WAITING, ConversationState.AGENT}


class Machine(RuleBasedStateMachine):
    """One customer, two agents, one conversation."""

    house: House

    @initialize()
    def begin(self) -> None:
        self.talk = Talk.begin(self.house.sam)
        with read_session() as session:
            self.tickets_before = ticketing.tickets(session, self.house.bob, TicketFilter())[1]
        self.said: list[str] = []
        self.matters = 0
        self.answered_while_owned = 0

    @property
    def state(self) -> ConversationState:
        return self.talk.see().state

    def ticket(self) -> int | None:
        return self.talk.see().ticket_id

    def _after_handoff(self, before: ConversationState) -> None:
        if before not in OWNED and self.state in OWNED:
            self.matters += 1

    @rule(text=WORDS)
    def customer_speaks(self, text: str) -> None:
        before, client_id = self.state, f"k{len(self.said)}"
        self.said.append(text)
        turns = self.talk.say(text, client_id)
        if before in OWNED:
            assert len(turns) == 1
        self._after_handoff(before)

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def customer_repeats(self, data: Any) -> None:
        at = data.draw(st.integers(0, len(self.said) - 1))
        before, seq = self.state, self.talk.see().last_seq
        first, second = self.talk.say(self.said[at], f"k{at}"), self.talk.say(self.said[at], f"k{at}")
        assert first == second
        assert self.state is before and self.talk.see().last_seq == seq

    @rule(client_id=st.sampled_from([None, "a", "b", "c"]))
    def customer_asks_for_a_person(self, client_id: str | None) -> None:
        before = self.state
        self.talk.hand_off(client_id)
        self._after_handoff(before)

    @precondition(lambda self: self.ticket() is not None)
    @rule(agent=st.sampled_from(["bob", "ann"]), text=st.sampled_from(["您好", "请稍等"]))
    def agent_writes(self, agent: str, text: str) -> None:
        agent_replies(self._agent(agent), self._ticket_id(), text)

    @precondition(lambda self: self.ticket() is not None)
    @rule(agent=st.sampled_from(["bob", "ann"]))
    def agent_takes(self, agent: str) -> None:
        with contextlib.suppress(TicketTakenError):
            agent_claims(self._agent(agent), self._ticket_id())

    @precondition(lambda self: self.state in OWNED)
    @rule()
    def agent_resolves(self) -> None:
        agent_resolves(self.house.bob, self._ticket_id())
        assert self.state is ConversationState.RESOLVED

    @precondition(lambda self: self.talk.see().survey is not None)
    @rule(rating=st.integers(1, 5))
    def customer_rates(self, rating: int) -> None:
        survey = self.talk.rate(rating).survey
        assert survey is not None and survey.rating == rating

    def _agent(self, name: str) -> Viewer:
        agent: Viewer = getattr(self.house, name)
        return agent

    def _ticket_id(self) -> int:
        ticket_id = self.ticket()
        assert ticket_id is not None
        return ticket_id

    @invariant()
    def turns_are_numbered_without_a_gap_and_kept_once(self) -> None:
        turns = self.talk.see().turns
        assert [turn.seq for turn in turns] == list(range(1, len(turns) + 1))
        assert [turn.text for turn in turns if turn.role is TurnRole.USER] == self.said
        names = [turn.client_id for turn in turns if turn.client_id]
        assert len(names) == len(set(names))

    @invariant()
    def each_matter_has_one_ticket(self) -> None:
        seen = self.talk.see()
        with read_session() as session:
            made = ticketing.tickets(session, self.house.bob, TicketFilter())[1] - self.tickets_before
        assert made == self.matters == sum(turn.kind is TurnKind.HANDOFF for turn in seen.turns)
        assert (seen.state in OWNED) <= (seen.ticket_id is not None)

    @invariant()
    def the_bot_never_speaks_while_a_person_owns_the_conversation(self) -> None:
        owned = False
        for turn in self.talk.see().turns:
            if turn.kind is TurnKind.HANDOFF:
                owned = True
            elif turn.kind is TurnKind.SURVEY:
                owned = False
            assert not (owned and turn.role is TurnRole.ASSISTANT)

    @invariant()
    def the_ticket_has_every_word_of_its_matter_once(self) -> None:
        seen = self.talk.see()
        if seen.state not in OWNED:
            return
        ticket = self.talk.ticket(self.house.bob)
        wanted = [
            turn.text for turn in seen.turns if turn.role is TurnRole.USER and turn.seq > seen.boundary_seq
        ]
        assert [one.text for one in ticket.messages if one.role is MessageRole.CUSTOMER] == wanted


@pytest.fixture
def machine(house: House) -> Iterator[type[Machine]]:
    Machine.house = house
    yield Machine
    del Machine.house


def test_a_conversation_stays_whole_whatever_happens(machine: type[Machine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=10, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
