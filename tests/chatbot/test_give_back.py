"""A person gives the conversation back to the bot."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from chatbot.types import ConversationState, TurnKind, TurnRole
from foundation.access import ANONYMOUS, Viewer
from foundation.db import read_session, write_session
from tests.chatbot.conftest import House
from tests.chatbot.talk import Talk, agent_claims, agent_replies, agent_resolves
from tests.chatbot.test_races import at_once
from ticketing import jobs
from ticketing import service as ticketing
from ticketing.errors import AgentRequiredError, NoConversationError, VersionConflictError
from ticketing.tables import TicketTable
from ticketing.types import NewTicket, State, Ticket, TicketFilter


def give_back(agent: Viewer, ticket_id: int, version: int | None = None) -> Ticket:
    with write_session() as session:
        return ticketing.give_back(session, agent, ticket_id, version=version)


def tickets(agent: Viewer) -> list[str]:
    """The states of all tickets, the oldest first."""
    with read_session() as session:
        found, _ = ticketing.tickets(session, agent, TicketFilter())
    return [str(one.state) for one in sorted(found, key=lambda one: one.id)]


@pytest.fixture
def handed(house: House) -> tuple[Talk, int]:
    """A conversation that an agent owns and has answered in, and its ticket."""
    talk = Talk.begin(house.sam)
    talk.say("变频器报 E-203 怎么处理？")
    talk.say("转人工")
    ticket_id = talk.ticket(house.bob).id
    agent_claims(house.bob, ticket_id)
    agent_replies(house.bob, ticket_id, "请问型号？")
    return talk, ticket_id


def test_the_bot_answers_again_and_the_customer_is_told(house: House, handed: tuple[Talk, int]) -> None:
    talk, ticket_id = handed
    assert len(talk.say("还在吗")) == 1
    given = give_back(house.bob, ticket_id)
    assert given.state == State.SOLVED
    seen = talk.see()
    assert (seen.state, seen.ticket_id, seen.survey) == (ConversationState.BOT, None, None)
    assert (seen.turns[-1].kind, seen.turns[-1].role) == (TurnKind.STATUS, TurnRole.SYSTEM)
    assert "智能助手" in seen.turns[-1].text
    answer = talk.say("网关默认密码是多少？")[-1]
    assert (answer.role, answer.kind) == (TurnRole.ASSISTANT, TurnKind.ANSWER)


def test_nothing_said_before_is_taken_up_again(house: House, handed: tuple[Talk, int]) -> None:
    talk, ticket_id = handed
    give_back(house.bob, ticket_id)
    answer = talk.say("那 E-205 呢？")[-1]
    assert "恒速过电流" not in answer.text
    assert talk.see().state is ConversationState.BOT  # the old "转人工" hands nothing off


def test_asking_for_a_person_again_opens_one_more_ticket_with_the_new_words_only(
    house: House, handed: tuple[Talk, int]
) -> None:
    talk, ticket_id = handed
    give_back(house.bob, ticket_id)
    talk.say("网关默认密码是多少？")
    at_once(*[talk.hand_off] * 3, lambda: talk.say("转人工", "again"))
    assert tickets(house.bob).count("solved") == 1
    assert len(tickets(house.bob)) == 2
    new = talk.ticket(house.bob)
    assert new.id != ticket_id
    assert not any("E-203" in one.text for one in new.messages)


def test_giving_back_twice_changes_nothing(house: House, handed: tuple[Talk, int]) -> None:
    talk, ticket_id = handed
    at_once(*[lambda: give_back(house.bob, ticket_id)] * 4)
    turns = talk.see().turns
    assert sum("智能助手继续" in turn.text for turn in turns) == 1
    assert tickets(house.bob) == ["solved"]


def test_giving_back_what_was_resolved_leaves_the_rating_asked(
    house: House, handed: tuple[Talk, int]
) -> None:
    talk, ticket_id = handed
    agent_resolves(house.bob, ticket_id)
    give_back(house.bob, ticket_id)
    assert talk.see().survey is not None


@pytest.mark.parametrize("_round", range(4))
def test_what_a_customer_writes_at_that_moment_is_answered_by_exactly_one(
    house: House, handed: tuple[Talk, int], _round: int
) -> None:
    talk, ticket_id = handed
    at_once(
        lambda: give_back(house.bob, ticket_id),
        *[lambda n=n: talk.say("网关默认密码是多少？", f"race{n}") for n in range(3)],
    )
    seen = talk.see()
    back = next(turn.seq for turn in seen.turns if "智能助手继续" in turn.text)
    asked = [turn for turn in seen.turns if (turn.client_id or "").startswith("race")]
    answers = [turn for turn in seen.turns if turn.role is TurnRole.ASSISTANT and turn.seq > 2]
    assert len(asked) == 3
    assert all(turn.seq > back for turn in answers)  # silent while the person owned it
    assert len(answers) == sum(turn.seq > back for turn in asked)
    # what came before went to the person; what came after did not open the ticket again
    assert tickets(house.bob) == ["solved"]
    heard = [one for one in _messages(house.bob, ticket_id) if one == "网关默认密码是多少？"]
    assert len(heard) == sum(turn.seq < back for turn in asked)


def _messages(agent: Viewer, ticket_id: int) -> list[str]:
    with read_session() as session:
        return [one.text for one in ticketing.ticket(session, agent, ticket_id).messages]


def test_a_stranger_s_conversation_can_be_given_back_too(house: House) -> None:
    talk = Talk.begin(ANONYMOUS, locale="en")
    talk.hand_off()
    give_back(house.bob, talk.ticket(house.bob).id)
    assert "assistant is back" in talk.see().turns[-1].text


def test_only_an_agent_who_has_seen_the_newest_state_gives_back(
    house: House, handed: tuple[Talk, int]
) -> None:
    _talk, ticket_id = handed
    with pytest.raises(AgentRequiredError):
        give_back(house.sam, ticket_id)
    with pytest.raises(VersionConflictError):
        give_back(house.bob, ticket_id, version=1)
    assert tickets(house.bob) == ["open"]


def test_a_ticket_without_a_conversation_is_not_given_back(house: House) -> None:
    with write_session() as session:
        made = ticketing.open_ticket(session, NewTicket(subject="a form", requester_id=house.sam.person_id))
    with pytest.raises(NoConversationError):
        give_back(house.bob, made.id)


def test_a_ticket_given_back_is_closed_in_the_end(house: House, handed: tuple[Talk, int]) -> None:
    talk, ticket_id = handed
    give_back(house.bob, ticket_id)
    with read_session() as session:
        solved_at = session.scalars(select(TicketTable.solved_at)).one()
    assert solved_at is not None
    jobs.close_solved(ticket_id, 0, solved_at.isoformat())
    assert tickets(house.bob) == ["closed"]
    assert talk.see().state is ConversationState.BOT
