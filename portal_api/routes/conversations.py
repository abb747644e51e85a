"""Conversations of customers with the bot, and after a handoff with a person."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from chatbot import service as chatbot
from chatbot.types import Conversation, ConversationState, Feedback, Turn, TurnKind, TurnRole, UserTurn
from foundation import ids
from foundation.access import Viewer
from foundation.db import retrying
from portal_api import metrics, turn_limit
from portal_api.dependencies import CurrentViewer, InTransaction, Reading, SignedIn
from portal_api.routes.search import LocatorOut
from portal_api.streaming import EVENT_STREAM, Emit, stream_events

router = APIRouter(prefix="/api/v1", tags=["conversations"])

Token = Annotated[str | None, Header(alias="X-Conversation-Token", max_length=200)]


class CitationOut(BaseModel):
    """A passage an answer rests on; `url` opens the article at it."""

    n: int
    chunk_id: int
    article_id: int
    title: str
    quote: str
    locator: LocatorOut
    url: str


class ActionOut(BaseModel):
    """Something to tap: `handoff` reaches a person, `choice` sends `value` as the next turn."""

    type: Literal["handoff", "choice"]
    label: str
    value: str


class AuthorOut(BaseModel):
    """Who wrote a turn, when a person did."""

    name: str


class TurnOut(BaseModel):
    """One message; `seq` runs 1, 2, 3 … within its conversation."""

    id: str
    seq: int
    client_id: str | None
    role: TurnRole
    kind: TurnKind
    text: str
    lang: str
    citations: list[CitationOut]
    actions: list[ActionOut]
    confidence: float | None
    created_at: str
    author: AuthorOut | None
    feedback: Feedback | None


class TurnsOut(BaseModel):
    """The customer's turn and, unless a person owns the conversation, the answer."""

    turns: list[TurnOut]


class ConversationTicketOut(BaseModel):
    """What a customer may know of the ticket their conversation became."""

    id: int
    number: str
    state: str
    assignee_name: str | None
    queue: str
    first_response_due_at: str | None
    expected_wait_minutes: int | None
    is_out_of_hours: bool
    next_working_at: str | None


class SurveyOut(BaseModel):
    """The request to rate what a person did."""

    id: str
    asked_at: str
    rating: int | None


class ConversationOut(BaseModel):
    """A conversation; `token` is its secret and is told only when it begins."""

    id: str
    token: str | None
    state: ConversationState
    locale: str
    created_at: str
    ticket: ConversationTicketOut | None
    agent: AuthorOut | None
    survey: SurveyOut | None
    turns: list[TurnOut]


class ConversationsOut(BaseModel):
    """The viewer's own conversations, without turns."""

    items: list[ConversationOut]
    total: int


class ConversationIn(BaseModel):
    """How a conversation begins."""

    locale: Annotated[str, Field(max_length=20)] = "zh"
    page: Annotated[str | None, Field(max_length=2000)] = None
    context: dict[str, Any] | None = None


class TurnIn(BaseModel):
    """What a customer says. `client_id` names the turn for good: sent again, nothing is doubled."""

    text: str
    client_id: Annotated[str, Field(max_length=100)] = Field(default_factory=lambda: ids.new_id("k"))
    page: Annotated[str | None, Field(max_length=2000)] = None
    context: dict[str, Any] | None = None


class HandoffIn(BaseModel):
    """Why a person is wanted."""

    reason: Annotated[str | None, Field(max_length=2000)] = None
    client_id: Annotated[str | None, Field(max_length=100)] = None


class FeedbackIn(BaseModel):
    """What the customer thought of an answer; null takes it back."""

    value: Feedback | None


class RatingIn(BaseModel):
    """How the person did, 1 to 5."""

    rating: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[str | None, Field(max_length=4000)] = None


@router.post("/conversations", status_code=201)
def start(body: ConversationIn, viewer: CurrentViewer, session: InTransaction) -> ConversationOut:
    """Begin a conversation."""
    made, token = chatbot.start(session, viewer, locale=body.locale, page=body.page, context=body.context)
    return _out(made, token)


def _out(conversation: Conversation, token: str | None = None) -> ConversationOut:
    """Where a conversation was read without its turns, they are an empty list."""
    return ConversationOut.model_validate({**conversation.to_json(), "token": token})


@router.get("/conversations")
def list_own(viewer: SignedIn, session: Reading) -> ConversationsOut:
    """The viewer's own conversations, the latest first."""
    items = [_out(one) for one in chatbot.conversations(session, viewer)]
    return ConversationsOut(items=items, total=len(items))


@router.get("/conversations/{conversation_id}")
def read(
    conversation_id: str, viewer: CurrentViewer, session: Reading, token: Token = None
) -> ConversationOut:
    """A conversation with all its turns."""
    found = chatbot.conversation(session, viewer, conversation_id, token)
    return _out(found)


@router.post(
    "/conversations/{conversation_id}/turns",
    response_model=TurnsOut,
    responses={200: {"content": {EVENT_STREAM: {}}}},
)
def say(
    conversation_id: str, body: TurnIn, request: Request, viewer: CurrentViewer, token: Token = None
) -> TurnsOut | StreamingResponse:
    """Say something and get the answer; with `Accept: text/event-stream` as it is written."""
    turn_limit.check(viewer, conversation_id)
    said = UserTurn(text=body.text, client_id=body.client_id, page=body.page, context=body.context)
    if EVENT_STREAM in request.headers.get("accept", ""):
        return stream_events(lambda emit: _say_streaming(viewer, conversation_id, token, said, emit))
    made = retrying(lambda: chatbot.answer_turn(viewer, conversation_id, token, said))
    count_turns(made)
    return TurnsOut(turns=[TurnOut.model_validate(turn.to_json()) for turn in made])


def _say_streaming(
    viewer: Viewer, conversation_id: str, token: str | None, said: UserTurn, emit: Emit
) -> None:
    def on_delta(text: str) -> None:
        emit("delta", {"text": text})

    made = retrying(lambda: chatbot.answer_turn(viewer, conversation_id, token, said, on_delta=on_delta))
    count_turns(made)
    for turn in made:
        emit("turn", turn.to_json())
    emit("done", {})


def count_turns(turns: list[Turn]) -> None:
    """Count what came of turns in the metrics."""
    for turn in turns:
        metrics.TURNS.labels(str(turn.kind)).inc()


@router.post("/conversations/{conversation_id}/handoff")
def hand_off(
    conversation_id: str,
    body: HandoffIn,
    viewer: CurrentViewer,
    session: InTransaction,
    token: Token = None,
) -> ConversationOut:
    """Give the conversation to a person; asked again, it is the same ticket."""
    turn_limit.check(viewer, conversation_id)
    found = chatbot.hand_off(
        session, viewer, conversation_id, token, reason=body.reason, client_id=body.client_id
    )
    return _out(found)


@router.post("/conversations/{conversation_id}/turns/{turn_id}/feedback", status_code=204)
def give_feedback(
    conversation_id: str,
    turn_id: str,
    body: FeedbackIn,
    viewer: CurrentViewer,
    session: InTransaction,
    token: Token = None,
) -> None:
    """Say whether an answer helped."""
    chatbot.feedback(session, viewer, conversation_id, token, turn_id, body.value)


@router.post("/conversations/{conversation_id}/rating")
def rate(
    conversation_id: str,
    body: RatingIn,
    viewer: CurrentViewer,
    session: InTransaction,
    token: Token = None,
) -> ConversationOut:
    """Rate what the person did."""
    found = chatbot.rate(session, viewer, conversation_id, token, body.rating, body.comment)
    return _out(found)
