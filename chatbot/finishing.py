"""Finishing a stored user turn: an action hears it, a person takes over, or the bot answers; each once."""

from __future__ import annotations

from dataclasses import replace

from chatbot import actions, answering, handoff, handoff_triggers, repository, turns
from chatbot.errors import ConversationNotFoundError
from chatbot.handoff import Matter
from chatbot.replies import Reply
from chatbot.tables import ConversationTable
from chatbot.types import ConversationState, OnDelta, Turn, TurnKind
from foundation.access import Viewer
from foundation.db import WriteSession, read_session, write_session
from kb import gaps


def finish_turn(
    viewer: Viewer, conversation_id: str, turn: Turn, *, on_delta: OnDelta | None = None
) -> list[Turn]:
    """Answer a stored user turn that is owed an answer; for callers that saved it themselves."""
    acted = actions.act(viewer, conversation_id, turn)
    if acted is not None:
        return [turn, *acted]
    with read_session() as session:
        matter = handoff_triggers.before_answer(session, viewer, turn)
        asked = answering.asked_in(session, conversation_id, turn)
        reply = None if matter else answering.reply(session, viewer, asked)
    if reply is not None:
        reply = answering.written(reply, on_delta)
    with write_session() as session:
        answer = _save(session, viewer, conversation_id, turn, matter or reply)
    return [turn, answer] if answer else [turn]


def is_the_bots(row: ConversationTable, seq: int) -> bool:
    """Whether the bot is the one to answer the user's turn of this seq."""
    return row.state == ConversationState.BOT and seq > row.boundary_seq


def _save(
    session: WriteSession,
    viewer: Viewer,
    conversation_id: str,
    turn: Turn,
    made: Matter | Reply | None,
) -> Turn | None:
    """The answer as stored now or earlier; None if the conversation is no longer the bot's."""
    row = repository.lock(session, conversation_id)
    if row is None:
        raise ConversationNotFoundError(conversation_id)
    known = repository.answer_to(session, turn.id)
    if known is not None:
        return repository.to_turn(known)
    if made is None or not is_the_bots(row, turn.seq):
        return None
    matter = made if isinstance(made, Matter) else _why_a_person(session, viewer, row, turn, made)
    if isinstance(made, Reply) and made.gap is not None:
        gaps.record(session, made.gap, turn.lang)
    if matter is not None:
        return handoff.hand_off(session, row, viewer, matter=matter, answers=turn.id)
    assert isinstance(made, Reply)
    reply = _with_actions(session, viewer, row, turn, made)
    return turns.append(session, row, reply.to_turn(answers=turn.id))


def _why_a_person(
    session: WriteSession, viewer: Viewer, row: ConversationTable, turn: Turn, reply: Reply
) -> Matter | None:
    if reply.wants_person:
        return Matter(reason=turn.text)
    said = repository.turns(session, row.id, after=row.boundary_seq)
    return handoff_triggers.after_answer(session, viewer, turn, reply.kind, said)


def _with_actions(
    session: WriteSession, viewer: Viewer, row: ConversationTable, turn: Turn, reply: Reply
) -> Reply:
    """The reply with what is still open of an action, or with what could be done about the question at once."""
    open_yet = actions.reminder(session, row.id)
    if open_yet:
        return replace(reply, text=f"{reply.text}\n\n{open_yet}")
    if reply.kind not in {TurnKind.ANSWER, TurnKind.ABSTAIN}:
        return reply
    return replace(reply, actions=(*actions.offers(session, viewer, turn), *reply.actions))
