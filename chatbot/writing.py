"""Letting an answer model write, within its deadline, and showing only what the passages carry."""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chatbot.citations import marks, renumbered, unmarked
from chatbot.sentences import split
from chatbot.types import Citation, OnDelta
from chatbot.verify import is_grounded
from foundation.logging import get_logger
from foundation.settings import ChatbotSettings, Settings, get_settings
from models.answer_model import AnswerModel
from models.embedder import Embedder
from models.registry import answer_model
from models.types import Passage
from retrieval.types import Hit

_MAX_PASSAGES: Final = 4
_MAX_CHARS: Final = 6000  # a model that talks on is cut off here
_COMPLETE: Final = re.compile(
    r".*[。！？!?\n](?:\s*[\[【][\d,，、 ]+[\]】])*|.*\.(?:\s*[\[【][\d,，、 ]+[\]】])*(?=\s)", re.DOTALL
)
_DONE: Final = None
_log = get_logger(__name__)

Grounded = tuple[str, list[int]]  # a sentence without marks, and the numbers of the passages it rests on


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a model needs to write an answer: the question and the passages found for it, best first."""

    question: str
    hits: tuple[Hit, ...]
    lang: str


def write(
    draft: Draft, embedder: Embedder, on_delta: OnDelta | None = None
) -> tuple[str, list[Citation]] | None:
    """A grounded answer with its citations; None if no model is configured, it fails, is late or says nothing true.

    `on_delta` hears each sentence once it has been checked.
    """
    settings = get_settings()
    model = _configured(settings)
    if model is None:
        return None
    hits = draft.hits[:_MAX_PASSAGES]
    kept: list[Grounded] = []
    try:
        for sentence in _sentences(_pieces(model, draft, hits, settings.chatbot)):
            grounded = _grounded(sentence, hits, embedder)
            if grounded is not None:
                kept.append(grounded)
                if on_delta is not None:
                    on_delta(unmarked(sentence).strip() + "\n")
    except Exception as error:  # noqa: BLE001 - whatever a model does wrong, the customer gets the extractive answer
        _log.warning("answer_model_failed", model=settings.answer_model, error=str(error))
        return None
    return renumbered(kept, hits) if kept else None


def _configured(settings: Settings) -> AnswerModel | None:
    try:
        return answer_model(
            settings.answer_model,
            api_key=settings.answer_api_key,
            timeout_s=settings.chatbot.answer_timeout_s,
        )
    except Exception as error:  # noqa: BLE001 - a model that cannot be built must not stop the extractive answer
        _log.warning("answer_model_unusable", model=settings.answer_model, error=str(error))
        return None


def _pieces(model: AnswerModel, draft: Draft, hits: Sequence[Hit], limits: ChatbotSettings) -> Iterator[str]:
    """What the model says, until the deadline; raises TimeoutError past it, and what the model raises."""
    said: queue.SimpleQueue[str | BaseException | None] = queue.SimpleQueue()
    stop = threading.Event()
    passages = [Passage(n, hit.title, hit.text) for n, hit in enumerate(hits, start=1)]

    def run() -> None:
        try:
            for piece in model.compose(draft.question, passages, lang="en" if draft.lang == "en" else "zh"):
                said.put(piece)
                if stop.is_set():
                    return
            said.put(_DONE)
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            said.put(error)

    deadline, length = time.monotonic() + limits.answer_timeout_s, 0
    threading.Thread(target=run, name="jieda-answer-model", daemon=True).start()
    try:
        while length < _MAX_CHARS:
            piece = _next(said, deadline)
            if piece is _DONE:
                return
            if isinstance(piece, BaseException):
                raise piece
            length += len(piece)
            yield piece
    finally:
        stop.set()


def _next(said: queue.SimpleQueue[str | BaseException | None], deadline: float) -> str | BaseException | None:
    try:
        return said.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        raise TimeoutError("the answer model is past its deadline") from None


def _sentences(pieces: Iterator[str]) -> Iterator[str]:
    """Whole sentences as soon as they are whole; the marks after a full stop belong to it."""
    waiting = ""
    for piece in pieces:
        waiting += piece
        match = _COMPLETE.match(waiting)
        # The last character may be followed by a mark that has not come yet.
        if match and match.end() < len(waiting):
            yield from _split(waiting[: match.end()])
            waiting = waiting[match.end() :]
    yield from _split(waiting)


def _split(text: str) -> Iterator[str]:
    joined = re.sub(
        r"([。！？.!?])((?:\s*[\[【][\d,，、 ]+[\]】])+)", r"\2\1", text
    )  # marks into their sentence
    for line in joined.splitlines():
        yield from split(line)


def _grounded(sentence: str, hits: Sequence[Hit], embedder: Embedder) -> Grounded | None:
    """The sentence if the passages it names, or else one of all, carry it."""
    named = marks(sentence, highest=len(hits))
    for rests_on in [named] if named else [[n] for n in range(1, len(hits) + 1)]:
        texts = [f"{hits[n - 1].title}\n{hits[n - 1].heading}\n{hits[n - 1].text}" for n in rests_on]
        if is_grounded(sentence, texts, embedder):
            return unmarked(sentence).strip(), list(rests_on)
    return None
