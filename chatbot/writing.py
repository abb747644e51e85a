"""Letting an answer model write, within its deadline, and showing only what the passages carry.

A passage that gives orders to a model is never shown to one. A model that fails several times in a row is left
alone for a while, so that nobody waits for it.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chatbot.citations import marks, renumbered, unmarked
from chatbot.sentences import split
from chatbot.spoken import sentences_of
from chatbot.types import Citation, OnDelta
from chatbot.untrusted import gives_orders
from chatbot.verify import is_grounded
from foundation.logging import get_logger
from foundation.settings import ChatbotSettings, Settings, get_settings
from models.answer_model import AnswerModel
from models.circuit_breaker import CircuitBreaker
from models.embedder import Embedder
from models.registry import answer_model
from models.types import Passage
from retrieval.types import Hit

_MAX_PASSAGES: Final = 4
_MAX_CHARS: Final = 6000  # a model that talks on is cut off here
_DONE: Final = None
_log = get_logger(__name__)

_breakers: Final[dict[str, CircuitBreaker]] = {}

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
    hits = presentable(draft.hits)
    if settings.answer_model == "extractive" or not hits:
        return None
    resting = breaker(settings.answer_model)
    if not resting.allows():
        return None
    try:
        kept = _written(_model(settings), draft, hits, embedder, on_delta)
    except Exception as error:  # noqa: BLE001 - whatever a model does wrong, the customer gets the extractive answer
        resting.failed()
        _log.warning("answer_model_failed", model=settings.answer_model, error=str(error))
        return None
    resting.succeeded()
    return renumbered(kept, hits) if kept else None


def presentable(hits: Sequence[Hit]) -> list[Hit]:
    """The passages a model may read; none if the best one is not among them, as it is what answers."""
    harmless = [
        hit
        for hit in hits[:_MAX_PASSAGES]
        if not gives_orders(f"{hit.title}\n{hit.heading}") and not gives_orders(hit.text)
    ]
    return harmless if harmless and harmless[0] is hits[0] else []


def breaker(spec: str) -> CircuitBreaker:
    """The breaker of a model, one in a process."""
    return _breakers.setdefault(spec, CircuitBreaker())


def _model(settings: Settings) -> AnswerModel:
    model = answer_model(
        settings.answer_model,
        api_key=settings.answer_api_key,
        timeout_s=settings.chatbot.answer_timeout_s,
        max_tokens=settings.chatbot.answer_max_tokens,
    )
    if model is None:
        raise ValueError("no answer model is configured")
    return model


def _written(
    model: AnswerModel, draft: Draft, hits: Sequence[Hit], embedder: Embedder, on_delta: OnDelta | None
) -> list[Grounded]:
    kept: list[Grounded] = []
    for sentence in sentences_of(_pieces(model, draft, hits, get_settings().chatbot)):
        grounded = _grounded(sentence, draft.question, hits, embedder)
        if grounded is not None and grounded not in kept:
            kept.append(grounded)
            if on_delta is not None:
                on_delta(unmarked(sentence).strip() + "\n")
    return kept


def _pieces(model: AnswerModel, draft: Draft, hits: Sequence[Hit], limits: ChatbotSettings) -> Iterator[str]:
    """What the model says, until the deadline; raises TimeoutError past it, and what the model raises."""
    said: queue.SimpleQueue[str | BaseException | None] = queue.SimpleQueue()
    stop = threading.Event()
    passages = passages_of(hits, most_chars=limits.answer_passage_chars)

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


def passages_of(hits: Sequence[Hit], *, most_chars: int) -> list[Passage]:
    """The hits as numbered passages of at most `most_chars` in all, the best first, cut only between sentences."""
    made: list[Passage] = []
    for n, hit in enumerate(hits, start=1):
        room = most_chars - sum(len(one.text) for one in made)
        text = hit.text if len(hit.text) <= room else _beginning(hit.text, room)
        if not text:
            break
        made.append(Passage(n, hit.title, text))
    return made


def _beginning(text: str, room: int) -> str:
    kept = ""
    for line in text.splitlines(keepends=True):
        for sentence in [*split(line)] if len(line) > room else [line]:
            if len(kept) + len(sentence) > room:
                return kept.rstrip()
            kept += sentence
    return kept.rstrip()


def _grounded(sentence: str, question: str, hits: Sequence[Hit], embedder: Embedder) -> Grounded | None:
    """The sentence if the passages it names, or else one of all, carry it."""
    named = marks(sentence, highest=len(hits))
    all_of_them = [[n] for n in range(1, len(hits) + 1)]
    for rests_on in ([named] if named else []) + all_of_them:
        texts = [f"{hits[n - 1].title}\n{hits[n - 1].heading}\n{hits[n - 1].text}" for n in rests_on]
        if is_grounded(sentence, texts, embedder, question=question):
            return unmarked(sentence).strip(), list(rests_on)
    return None
