"""OpenAI-compatible chat: any client that speaks that protocol gets grounded answers with sources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from chatbot import service as chatbot
from chatbot.types import Answer
from foundation import clock, ids
from foundation.errors import InvalidInputError
from portal_api.dependencies import CurrentViewer
from portal_api.streaming import EVENT_STREAM

router = APIRouter(tags=["completions"])

MODEL = "jieda"


class PartIn(BaseModel):
    """A part of a message; only text is read."""

    type: str
    text: str | None = None


class MessageIn(BaseModel):
    """One message of the conversation so far."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[PartIn] | None = None


class CompletionIn(BaseModel):
    """The request of the chat completions protocol; sampling settings are accepted and have no effect."""

    messages: Annotated[list[MessageIn], Field(min_length=1, max_length=200)]
    model: str = MODEL
    stream: bool = False


class CompletionMessageOut(BaseModel):
    """The answer."""

    role: Literal["assistant"]
    content: str


class ChoiceOut(BaseModel):
    """The only choice."""

    index: int
    message: CompletionMessageOut
    finish_reason: Literal["stop"]


class UsageOut(BaseModel):
    """Always zero: no tokens are billed here."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class CompletionOut(BaseModel):
    """The answer in the protocol's shape; `jieda` holds kind, confidence and citations."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChoiceOut]
    usage: UsageOut
    jieda: dict[str, Any]


@router.post(
    "/v1/chat/completions",
    response_model=CompletionOut,
    responses={200: {"content": {EVENT_STREAM: {}}}},
)
def complete(body: CompletionIn, viewer: CurrentViewer) -> CompletionOut | StreamingResponse:
    """Answer the last user message from what this caller may read; without a key that is what is public."""
    answer = chatbot.ask(viewer, _question(body.messages))
    made: dict[str, Any] = {
        "id": ids.new_id("chatcmpl"),
        "created": int(clock.now().timestamp()),
        "model": MODEL,
    }
    extension = answer.to_json()
    del extension["text"]
    if body.stream:
        return StreamingResponse(_pieces(made, answer, extension), media_type=EVENT_STREAM)
    message = CompletionMessageOut(role="assistant", content=answer.text)
    return CompletionOut(
        **made,
        object="chat.completion",
        choices=[ChoiceOut(index=0, message=message, finish_reason="stop")],
        usage=UsageOut(),
        jieda=extension,
    )


def _question(messages: list[MessageIn]) -> str:
    asked = [message for message in messages if message.role == "user"]
    if not asked:
        raise InvalidInputError("there is no user message to answer")
    content = asked[-1].content
    if isinstance(content, list):
        content = "\n".join(part.text or "" for part in content if part.type == "text")
    return content or ""


def _pieces(made: dict[str, Any], answer: Answer, extension: dict[str, Any]) -> Iterator[str]:
    def piece(delta: dict[str, Any], finish: str | None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        body = {**made, "object": "chat.completion.chunk", "choices": [choice], **more}
        return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"

    yield piece({"role": "assistant", "content": ""}, None)
    for paragraph in answer.text.splitlines(keepends=True):
        yield piece({"content": paragraph}, None)
    yield piece({}, "stop", jieda=extension)
    yield "data: [DONE]\n\n"
