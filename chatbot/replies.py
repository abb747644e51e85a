"""What is asked, and what the bot says to it, before it becomes a turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chatbot import writing
from chatbot.texts import say
from chatbot.turns import NewTurn
from chatbot.types import Action, Answer, AnswerKind, Citation, TurnKind, TurnRole

_MOST_ACTIONS = 5


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question with what the conversation and the page say about it."""

    text: str
    lang: str
    earlier: tuple[str, ...] = ()  # the user's questions in this matter, the latest last
    product: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the bot says; `gap` is a question to record as unanswered, `draft` what a model may rewrite."""

    kind: TurnKind
    text: str
    lang: str
    confidence: float | None = None
    citations: tuple[Citation, ...] = ()
    actions: tuple[Action, ...] = ()
    wants_person: bool = False
    gap: str | None = None
    draft: writing.Draft | None = None
    quoted: str = ""  # what of the text is quoted from a passage

    def to_turn(self, *, answers: str) -> NewTurn:
        return NewTurn(
            role=TurnRole.ASSISTANT,
            kind=self.kind,
            text=self.text,
            lang=self.lang,
            answers=answers,
            citations=self.citations,
            actions=self.actions,
            confidence=self.confidence,
        )

    def to_answer(self) -> Answer:
        kinds = {TurnKind.ANSWER: AnswerKind.ANSWER, TurnKind.CLARIFY: AnswerKind.CLARIFY}
        smalltalk = self.kind is TurnKind.GREETING
        return Answer(
            kind=AnswerKind.ANSWER if smalltalk else kinds.get(self.kind, AnswerKind.HANDOFF),
            text=self.text,
            confidence=1.0 if smalltalk else self.confidence or 0.0,
            lang=self.lang,
            citations=self.citations,
            actions=self.actions,
        )


def together(asked: Asked, parts: Sequence[str], replies: Sequence[Reply]) -> Reply:
    """One reply to a turn that asks several things, part by part; what nothing answers is said so."""
    numbers: dict[int, int] = {}
    texts: list[str] = []
    cited: list[Citation] = []
    for at, (part, one) in enumerate(zip(parts, replies, strict=True), start=1):
        text = say("part_open", asked.lang)
        if one.kind is TurnKind.ANSWER:
            (source,) = one.citations
            n = numbers.setdefault(source.chunk_id, len(numbers) + 1)
            cited += [] if n <= len(cited) else [replace(source, n=n)]
            text = f"{one.text.removesuffix(' [1]')} [{n}]"
        elif one.kind is TurnKind.CLARIFY:
            text = one.text
        texts.append(f"{at}. {part}\n{text}")
    answered = [one for one in replies if one.kind is TurnKind.ANSWER]
    silent = [part for part, one in zip(parts, replies, strict=True) if one.kind is TurnKind.ABSTAIN]
    return Reply(
        kind=TurnKind.ANSWER,
        text="\n\n".join(texts),
        lang=asked.lang,
        confidence=min(one.confidence or 0.0 for one in answered),
        citations=tuple(cited),
        actions=_distinct(replies),
        gap=silent[0] if silent else None,
        quoted="\n".join(one.quoted for one in answered),
    )


def _distinct(replies: Sequence[Reply]) -> tuple[Action, ...]:
    """What can be tapped, each once, a person last."""
    found = dict.fromkeys(action for one in replies for action in one.actions)
    choices = [action for action in found if action.type != "handoff"][: _MOST_ACTIONS - 1]
    return (*choices, *(action for action in found if action.type == "handoff"))
