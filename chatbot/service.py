"""The chatbot's front door: one function per use case.

A caller names the conversation, who is asking, and the conversation's secret token if it has one. What it
may not see is "not found". `answer_turn`, `ask` and `draft` open their own short transactions, so that none
is open while a model writes; every other function works in the caller's.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from chatbot import answering, desk, finishing, handoff, repository, turns
from chatbot.errors import (
    ConversationNotFoundError,
    NothingToRateError,
    TurnNotFoundError,
    TurnRefusedError,
)
from chatbot.handlers import MESSAGE
from chatbot.replies import Asked, Reply
from chatbot.tables import ConversationTable
from chatbot.types import (
    Answer,
    AnswerKind,
    Conversation,
    ConversationState,
    Feedback,
    Json,
    OnDelta,
    Saved,
    Turn,
    TurnKind,
    TurnRole,
    UserTurn,
)
from chatbot.understand import detect_language
from foundation import clock, ids
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession, read_session, write_session
from foundation.settings import get_settings

_MAX_CONTEXT_CHARS = 20_000
_MAX_NAME_CHARS = 100
_MAX_DRAFTED = 6  # of a customer's last messages
_HANDOFF = "handoff:"  # names the turn of a handoff by the client_id of its request
_RESERVED = (_HANDOFF, MESSAGE)

_OWNED = (ConversationState.WAITING, ConversationState.AGENT)

finish_turn = finishing.finish_turn


def start(
    session: WriteSession,
    viewer: Viewer,
    *,
    locale: str,
    page: str | None = None,
    context: Json | None = None,
) -> tuple[Conversation, str]:
    """Begin a conversation; the second value is its secret, shown once.

    Raises TurnRefusedError for a context that is too large.
    """
    _check_context(context)
    token, now = ids.new_secret(), clock.now()
    row = ConversationTable(
        id=ids.new_id("c"),
        token_hash=_hash(token),
        person_id=viewer.person_id,
        locale="en" if locale.lower().startswith("en") else "zh",
        page=page,
        context=context or {},
        state=ConversationState.BOT,
        last_seq=0,
        boundary_seq=0,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    return desk.shown(session, row), token


def conversation(
    session: ReadSession, viewer: Viewer, conversation_id: str, token: str | None = None, *, after: int = 0
) -> Conversation:
    """The conversation with its turns after seq `after`, for its owner, its token's holder, and staff.

    Raises ConversationNotFoundError for everyone else.
    """
    row = repository.conversation(session, conversation_id)
    if row is None or not (viewer.is_staff or _owns(row, viewer, token)):
        raise ConversationNotFoundError(conversation_id)
    return desk.shown(session, row, repository.turns(session, conversation_id, after=after))


def conversations(session: ReadSession, viewer: Viewer, *, limit: int = 50) -> list[Conversation]:
    """The viewer's own conversations without their turns, the latest first; none for an anonymous viewer."""
    if viewer.person_id is None:
        return []
    return [desk.shown(session, row) for row in repository.of_person(session, viewer.person_id, limit=limit)]


def turns_after(
    session: ReadSession, viewer: Viewer, conversation_id: str, token: str | None = None, *, seq: int = 0
) -> list[Turn]:
    """The turns after `seq` in order. Raises ConversationNotFoundError as `conversation` does."""
    return list(conversation(session, viewer, conversation_id, token, after=seq).turns)


def save_user_turn(
    session: WriteSession, viewer: Viewer, conversation_id: str, token: str | None, said: UserTurn
) -> Saved:
    """Store what a customer sent, once: the same `client_id` again changes nothing.

    While a person owns the conversation the turn goes to the ticket, and no answer is owed. After the ticket
    was resolved the turn begins a new matter with the bot. Raises ConversationNotFoundError, TurnRefusedError.
    """
    _check_turn(said)
    row, passed = _pass_on_and_lock(session, viewer, conversation_id, token, said)
    known = repository.turn_by_client_id(session, row.id, said.client_id)
    if known is not None:
        answered = repository.answer_to(session, known.id)
        answer = repository.to_turn(answered) if answered else None
        owes = answer is None and finishing.is_the_bots(row, known.seq)
        return Saved(repository.to_turn(known), answer, owes)
    if row.state == ConversationState.RESOLVED:
        handoff.begin_afresh(session, row)
    row.page = said.page if said.page is not None else row.page
    row.context = said.context if said.context is not None else row.context
    turn = turns.append(session, row, _new_turn(said, row.locale))
    if passed.email is not None:
        handoff.thank_for_email(session, row, passed.email)
    return Saved(turn, None, row.state == ConversationState.BOT)


def _pass_on_and_lock(
    session: WriteSession, viewer: Viewer, conversation_id: str, token: str | None, said: UserTurn
) -> tuple[ConversationTable, handoff.PassedOn]:
    """Give a new turn to the ticket if a person owns the conversation, then lock the conversation.

    The ticket is locked first, always. Where the conversation was handed off between our look and our lock,
    the savepoint gives the lock back, and we look again.
    """
    while True:
        seen = _peek(session, viewer, conversation_id, token)
        passed = handoff.PassedOn(is_done=False)
        if repository.turn_by_client_id(session, seen.id, said.client_id) is None:
            passed = handoff.pass_on(session, seen, viewer, said)
        savepoint = session.begin_nested()
        row = _own(session, viewer, conversation_id, token)
        is_known = repository.turn_by_client_id(session, row.id, said.client_id) is not None
        if passed.is_done or is_known or row.state not in _OWNED:
            savepoint.commit()
            return row, passed
        savepoint.rollback()


def _new_turn(said: UserTurn, locale: str) -> turns.NewTurn:
    return turns.NewTurn(
        role=TurnRole.USER,
        kind=TurnKind.TEXT,
        text=said.text.strip(),
        lang=detect_language(said.text, fallback=locale),
        client_id=said.client_id,
    )


def answer_turn(
    viewer: Viewer,
    conversation_id: str,
    token: str | None,
    said: UserTurn,
    *,
    on_delta: OnDelta | None = None,
) -> list[Turn]:
    """Store what a customer sent and answer it, each once; returns the user's turn and the answer, if any.

    Sent again with the same `client_id`, it returns the same turns, or finishes what a crash left undone.
    There is no answer while a person owns the conversation, also when they took over in the meantime.
    `on_delta` hears the text of a written answer while it grows; what is stored may be shorter, when checking
    dropped a sentence. Raises ConversationNotFoundError, TurnRefusedError.
    """
    with write_session() as session:
        saved = save_user_turn(session, viewer, conversation_id, token, said)
    if not saved.owes_answer:
        return [saved.turn, saved.answer] if saved.answer else [saved.turn]
    return finish_turn(viewer, conversation_id, saved.turn, on_delta=on_delta)


def hand_off(
    session: WriteSession,
    viewer: Viewer,
    conversation_id: str,
    token: str | None = None,
    *,
    reason: str | None = None,
    client_id: str | None = None,
) -> Conversation:
    """Give the conversation to a person: one ticket, however often it is asked for; the bot falls silent.

    After the ticket was resolved another call opens another ticket, unless it repeats a `client_id`.
    Returns the conversation with all turns. Raises ConversationNotFoundError.
    """
    row = _own(session, viewer, conversation_id, token)
    name = f"{_HANDOFF}{client_id}"[:_MAX_NAME_CHARS] if client_id else None
    if name is None or repository.turn_by_client_id(session, row.id, name) is None:
        handoff.hand_off(session, row, viewer, matter=handoff.Matter(reason=reason), client_id=name)
    return desk.shown(session, row, repository.turns(session, row.id))


def feedback(
    session: WriteSession,
    viewer: Viewer,
    conversation_id: str,
    token: str | None,
    turn_id: str,
    value: Feedback | None,
) -> None:
    """Keep what the customer thought of an assistant's turn; None takes it back.

    Raises ConversationNotFoundError, TurnNotFoundError.
    """
    row = _own(session, viewer, conversation_id, token)
    turn = repository.turn_row(session, row.id, turn_id)
    if turn is None or turn.role != TurnRole.ASSISTANT:
        raise TurnNotFoundError(turn_id)
    turn.feedback = value


def rate(
    session: WriteSession,
    viewer: Viewer,
    conversation_id: str,
    token: str | None,
    rating: int,
    comment: str | None = None,
) -> Conversation:
    """Rate what the person did, 1 to 5; for a day it can be changed.

    Raises ConversationNotFoundError, NothingToRateError, and RatingInvalidError and RatingFinalError of the desk.
    """
    ticket_id = _peek(session, viewer, conversation_id, token).survey_ticket_id
    if ticket_id is None:
        raise NothingToRateError(conversation_id)
    desk.rate(session, ticket_id, rating, comment)
    row = _own(session, viewer, conversation_id, token)
    row.rating = rating
    desk.tell_state(session, row)
    return desk.shown(session, row, repository.turns(session, row.id))


def ask(viewer: Viewer, question: str, locale: str | None = None) -> Answer:
    """Answer one question outside any conversation, with what `viewer` may read; keeps nothing.

    Raises TurnRefusedError for an empty or too long question.
    """
    _check_text(question)
    with read_session() as session:
        found = _reply_to(session, viewer, [question.strip()], locale)
    return answering.written(found, None).to_answer()


def draft(reader: Viewer, messages: Sequence[str], locale: str | None = None) -> Answer:
    """An answer to what a customer wrote, for an agent to check; `messages` are the customer's, in order.

    The last one is answered, read in the light of those before; where nothing answers it (it may be a fragment
    such as "still not working") the earlier ones are, and the surest answer is given. Raises TurnRefusedError
    where there is no message.
    """
    said = [text.strip()[: get_settings().chatbot.max_turn_chars] for text in messages if text.strip()]
    _check_text(said[-1] if said else "")
    recent = said[-_MAX_DRAFTED:]
    with read_session() as session:
        replies = [_reply_to(session, reader, recent[: at + 1], locale) for at in range(len(recent))]
    return answering.written(_surest(replies), None).to_answer()


def _surest(replies: Sequence[Reply]) -> Reply:
    """The last one, unless it is silent and an earlier one answers."""
    if replies[-1].to_answer().kind is not AnswerKind.HANDOFF:
        return replies[-1]
    found = [one for one in reversed(replies) if one.kind is TurnKind.ANSWER and one.citations]
    return max(found, key=lambda one: one.confidence or 0.0, default=replies[-1])


def _reply_to(session: ReadSession, reader: Viewer, said: Sequence[str], locale: str | None) -> Reply:
    asked = Asked(
        text=said[-1],
        lang=detect_language(said[-1], fallback=locale or reader.locale),
        earlier=tuple(said[:-1]),
    )
    return answering.reply(session, reader, asked)


def counts_since(session: ReadSession, since: datetime) -> tuple[int, int, int]:
    """Conversations begun since then; of those, how many the bot answered in, and how many were handed off."""
    return repository.counts_since(session, since)


def _peek(session: ReadSession, viewer: Viewer, conversation_id: str, token: str | None) -> ConversationTable:
    """The row, not locked, for the customer it belongs to.

    Whoever changes ticket and conversation locks the ticket first, as the desk does when it tells us news.
    """
    row = repository.conversation(session, conversation_id)
    if row is None or not _owns(row, viewer, token):
        raise ConversationNotFoundError(conversation_id)
    return row


def _own(session: WriteSession, viewer: Viewer, conversation_id: str, token: str | None) -> ConversationTable:
    """The locked row, for the customer it belongs to; a visitor who signed in meanwhile becomes its owner."""
    row = repository.lock(session, conversation_id)
    if row is None or not _owns(row, viewer, token):
        raise ConversationNotFoundError(conversation_id)
    if row.person_id is None and viewer.person_id is not None and not viewer.is_staff:
        row.person_id = viewer.person_id
    return row


def _owns(row: ConversationTable, viewer: Viewer, token: str | None) -> bool:
    if row.person_id is not None and viewer.person_id is not None:
        return row.person_id == viewer.person_id  # a token does not open it to another person
    return token is not None and hmac.compare_digest(row.token_hash, _hash(token))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _check_turn(said: UserTurn) -> None:
    _check_text(said.text)
    if not 0 < len(said.client_id) <= _MAX_NAME_CHARS or said.client_id.startswith(_RESERVED):
        raise TurnRefusedError(
            f"client_id needs 1 to {_MAX_NAME_CHARS} characters, not beginning {_RESERVED}"
        )
    _check_context(said.context)


def _check_text(text: str) -> None:
    longest = get_settings().chatbot.max_turn_chars
    if not text.strip():
        raise TurnRefusedError("the turn is empty")
    if len(text) > longest:
        raise TurnRefusedError(f"the turn is longer than {longest} characters", max_chars=longest)


def _check_context(context: Json | None) -> None:
    if context is not None and len(repr(context)) > _MAX_CONTEXT_CHARS:
        raise TurnRefusedError("the context is too large", max_chars=_MAX_CONTEXT_CHARS)
