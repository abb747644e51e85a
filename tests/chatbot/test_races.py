"""Several requests for one conversation at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chatbot import service as chatbot
from chatbot.types import ConversationState, TurnKind, TurnRole
from foundation.access import ANONYMOUS
from foundation.db import read_session
from tests.chatbot.conftest import House
from tests.chatbot.talk import Talk, agent_replies
from ticketing import service as ticketing
from ticketing.types import MessageRole, TicketFilter


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run all of them, started together."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_turns_that_race_are_all_kept_in_one_order(house: House) -> None:
    talk = Talk.begin(ANONYMOUS)
    texts = [f"变频器报 E-20{n} 怎么处理？" for n in range(6)]
    at_once(*[lambda text=text: talk.say(text, text) for text in texts])
    turns = talk.see().turns
    assert [turn.seq for turn in turns] == list(range(1, 13))
    assert sorted(turn.text for turn in turns if turn.role is TurnRole.USER) == texts
    assert sum(turn.role is TurnRole.ASSISTANT for turn in turns) == 6


def test_the_same_turn_sent_many_times_at_once_is_kept_and_answered_once(house: House) -> None:
    talk = Talk.begin(ANONYMOUS)
    answers = at_once(*[lambda: talk.say("网关默认密码是多少？", "k")] * 6)
    assert len({tuple(turn.id for turn in turns) for turns in answers}) == 1
    assert talk.see().last_seq == 2


def test_handoffs_that_race_open_one_ticket(house: House) -> None:
    talk = Talk.begin(house.sam)
    at_once(*[talk.hand_off] * 4, *[lambda n=n: talk.say("转人工", f"k{n}") for n in range(2)])
    with read_session() as session:
        assert ticketing.tickets(session, house.bob, TicketFilter())[1] == 1
    seen = talk.see()
    assert sum(turn.kind is TurnKind.HANDOFF for turn in seen.turns) == 1
    assert seen.state is ConversationState.WAITING


@pytest.mark.parametrize("_round", range(3))
def test_the_bot_says_nothing_after_a_handoff_that_races_with_its_answer(house: House, _round: int) -> None:
    talk = Talk.begin(ANONYMOUS)
    at_once(*[lambda n=n: talk.say("网关默认密码是多少？", f"k{n}") for n in range(3)], talk.hand_off)
    turns = talk.see().turns
    handed_off = next(turn.seq for turn in turns if turn.kind is TurnKind.HANDOFF)
    assert all(turn.role is not TurnRole.ASSISTANT for turn in turns if turn.seq > handed_off)
    said = [one.text for one in talk.ticket(house.bob).messages if one.role is MessageRole.CUSTOMER]
    assert len(said) == 3


def test_customer_and_agent_writing_at_once_do_not_block_each_other(house: House) -> None:
    talk = Talk.begin(house.sam)
    talk.hand_off()
    ticket_id = talk.ticket(house.bob).id
    customer = [lambda n=n: talk.say(f"问 {n}", f"k{n}") for n in range(6)]
    agent = [lambda n=n: agent_replies(house.bob, ticket_id, f"答 {n}") for n in range(6)]
    at_once(*customer, *agent)
    with read_session() as session:
        turns = chatbot.turns_after(session, house.sam, talk.id, talk.token)
    assert [turn.seq for turn in turns] == list(range(1, len(turns) + 1))
    for role, word in ((TurnRole.USER, "问"), (TurnRole.AGENT, "答")):
        assert sorted(turn.text for turn in turns if turn.role is role) == [f"{word} {n}" for n in range(6)]
