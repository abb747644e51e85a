"""`jieda eval answers`: how often the bot answers, how often rightly, and whether its citation carries the answer.

Every question is asked through the answer pipeline twice: at the setting in force, and once more with nothing
held back, which gives the risk–coverage curve. A threshold on BM25 alone stands beside it as the bar to beat;
its threshold is the best one in hindsight.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chatbot import answering
from chatbot.answer_sets import AnswerSet, Question, Scope, read_set
from chatbot.decide import least_confidence
from chatbot.replies import Asked
from chatbot.sentences import pieces
from chatbot.types import TurnKind
from chatbot.words import squeezed
from foundation import db
from foundation.access import ANONYMOUS
from foundation.db import ReadSession
from foundation.settings import get_settings, use_settings
from retrieval.benchmark_knowledge import temporary_knowledge
from retrieval.service import search
from retrieval.types import System

MAX_SENTENCES: Final = 3
MAX_CHARS: Final = 400
_TARGETS: Final = (0.8, 0.9, 0.95, 0.98)
_STEPS: Final = tuple(step / 20 for step in range(1, 20))

Progress = Callable[[int, int], None]  # questions asked, questions in all


@dataclass(frozen=True)
class Given:
    """One answer: whether its article is right, and whether text and citation hold the reference."""

    confidence: float
    is_right: bool
    holds: bool | None = None  # None where no reference is known
    cited_holds: bool | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of one question: at the setting (None: silent), with nothing held back, and by BM25 alone."""

    question: Question
    given: Given | None
    forced: Given | None
    words: Given | None


def evaluate(
    folders: Sequence[Path],
    *,
    corpora: Path | None = None,
    per_group: int = 0,
    progress: Progress = lambda _done, _all: None,
) -> dict[str, Any]:
    """Figures of every set of these folders, and of all that mix questions in and out of scope together.

    Raises EvaluationDataError.
    """
    sets = [one for folder in folders for one in read_set(folder, corpora=corpora, per_group=per_group)]
    total, done = sum(len(one.questions) for one in sets), 0
    outcomes: dict[str, list[Outcome]] = {}
    for same in _by_knowledge(sets):
        with (
            temporary_knowledge(same[0].documents, with_question=same[0].with_question) as (ids, _seconds),
            db.read_session() as session,
        ):
            for one in same:
                found = outcomes.setdefault(_title(one), [])
                for question in one.questions:
                    found.append(_ask(session, question, ids))
                    done += 1
                    progress(done, total)
    return report(outcomes)


def report(outcomes: dict[str, list[Outcome]]) -> dict[str, Any]:
    """The command's contract: `setting`, `sets` by name, and `mixed` over those with questions out of scope."""
    mixed = [
        one
        for found in outcomes.values()
        if len({known.question.scope for known in found}) > 1
        for one in found
    ]
    return {
        "setting": {
            "target_precision": get_settings().chatbot.target_precision,
            "min_confidence": {kind: round(least_confidence(kind), 4) for kind in ("faq", "page")},
        },
        "sets": {name: figures(found) for name, found in outcomes.items()},
        **({"mixed": {**figures(mixed), **curves(mixed)}} if mixed else {}),
    }


def figures(found: Sequence[Outcome]) -> dict[str, Any]:
    """Shares of one set; what it has no questions for is left out."""
    inside = [one for one in found if one.question.has_answer]
    given = [one.given for one in found if one.given]
    made: dict[str, Any] = {"questions": len(found)}
    if given:
        made["right_of_given"] = _share([one.is_right for one in given])
    for scope in Scope:
        asked = [one for one in found if one.question.scope is scope]
        if asked:
            made[f"{scope}_answered"] = _share([one.given is not None for one in asked])
    outside = [one for one in found if not one.question.has_answer]
    if outside:
        made["false_answers"] = _share([one.given is not None for one in outside])
    if inside:
        made["coverage"] = _share([one.given is not None for one in inside])
        made["citation_precision"] = _share([one.given.is_right for one in inside if one.given])
        made["unheld"] = _unheld(inside)
    return made


def _unheld(inside: Sequence[Outcome]) -> dict[str, Any]:
    """With nothing held back: the right article cited, and the reference in the text and in what is cited."""
    forced = [one.forced for one in inside]
    made = {"cited_right": _share([one is not None and one.is_right for one in forced])}
    if any(one is not None and one.holds is not None for one in forced):
        made["contained"] = _share([bool(one and one.holds) for one in forced])
        made["cited_contained"] = _share([bool(one and one.cited_holds) for one in forced])
    return made


def curves(found: Sequence[Outcome]) -> dict[str, Any]:
    """Risk and coverage at confidences, and the coverage that each share of right answers leaves, beside BM25's."""
    return {
        "curve": [{"threshold": at, **_at(found, at, lambda one: one.forced)} for at in _STEPS],
        "coverage_at": [
            {
                "right": target,
                "coverage": coverage_at(found, target, lambda one: one.forced),
                "bm25_coverage": coverage_at(found, target, lambda one: one.words),
            }
            for target in _TARGETS
        ],
    }


def _at(
    found: Sequence[Outcome], threshold_: float, of: Callable[[Outcome], Given | None]
) -> dict[str, float]:
    def answered(one: Outcome) -> bool:
        made = of(one)
        return made is not None and made.confidence >= threshold_

    return {
        "coverage": _share([answered(one) for one in found if one.question.has_answer]),
        "right": _share([made.is_right for one in found if (made := of(one)) and answered(one)]),
        "near_answered": _share([answered(one) for one in found if one.question.scope is Scope.NEAR]),
        "far_answered": _share([answered(one) for one in found if one.question.scope is Scope.FAR]),
    }


def coverage_at(found: Sequence[Outcome], target: float, of: Callable[[Outcome], Given | None]) -> float:
    """The largest share of answerable questions answered by any threshold that leaves `target` of answers right."""
    ranked = sorted(((made.confidence, made.is_right, one.question.has_answer)
                     for one in found if (made := of(one))), reverse=True)  # fmt: skip
    inside = sum(one.question.has_answer for one in found)
    best = right = answered = 0
    for at, (confidence, is_right, has_answer) in enumerate(ranked, start=1):
        right += is_right
        answered += has_answer
        is_cut = at == len(ranked) or ranked[at][0] < confidence  # equal scores stand or fall together
        if is_cut and right >= target * at:
            best = max(best, answered)
    return round(best / inside, 4) if inside else 0.0


def _ask(session: ReadSession, question: Question, ids: dict[int, str]) -> Outcome:
    with _nothing_held_back():
        forced = _given(session, question, ids)
    given = _given(session, question, ids)
    first = search(session, ANONYMOUS, question.text, top_k=1, system=System.LEXICAL).hits
    words = [Given(one.lexical_score or 0.0, ids[one.article_id] in question.right) for one in first]
    return Outcome(question, given, forced, words[0] if words else None)


def _given(session: ReadSession, question: Question, ids: dict[int, str]) -> Given | None:
    asked = Asked(text=question.text, lang=question.lang)
    reply = answering.reply(session, ANONYMOUS, asked)
    if reply.kind is not TurnKind.ANSWER or not reply.citations or reply.draft is None:
        return None
    is_right = any(ids[one.article_id] in question.right for one in reply.citations)
    if not question.answers:
        return Given(reply.confidence or 0.0, is_right)
    said, cited = squeezed(shortened(reply.quoted)), squeezed(reply.draft.hits[0].text)
    wanted = [squeezed(answer) for answer in question.answers]
    return Given(
        reply.confidence or 0.0,
        is_right,
        any(one in said for one in wanted),
        any(one in cited for one in wanted),
    )


def shortened(text: str) -> str:
    """As much of an answer as counts: three sentences, or 400 characters if that is more."""
    if len(text) <= MAX_CHARS:
        return text
    sentences = [piece.text for piece in pieces(text)][:MAX_SENTENCES]
    return max("\n".join(sentences), text[:MAX_CHARS], key=len)


@contextmanager
def _nothing_held_back() -> Iterator[None]:
    before = get_settings()
    chatbot = before.chatbot.model_copy(update={"min_confidence": 0.0})
    use_settings(before.model_copy(update={"chatbot": chatbot}))
    try:
        yield
    finally:
        use_settings(before)


def _by_knowledge(sets: Sequence[AnswerSet]) -> list[list[AnswerSet]]:
    same: defaultdict[tuple[str, bool], list[AnswerSet]] = defaultdict(list)
    for one in sets:
        same[one.knowledge_base, one.with_question].append(one)
    return list(same.values())


def _title(one: AnswerSet) -> str:
    return f"{one.name}, questions indexed" if one.with_question else f"{one.name}, answers only"


def _share(flags: Sequence[bool]) -> float:
    return round(sum(flags) / len(flags), 4) if flags else 0.0
