"""What the confidence is fitted on: questions with known answers, searched through the production path.

Each question becomes an `Example`: the features of its hits, and which of them are right. Three kinds of knowledge
bases are asked: FAQ entries found by their question, the same with their answers alone, and entries asked for in
other words. Half of the training questions of each kind have no answer there.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from chatbot.answer_sets import KNOWLEDGE_BASES, AnswerSet, Question, Scope, read_set
from chatbot.decide import TOP_K
from chatbot.features import features_of, whole_of
from chatbot.understand import codes
from chatbot.words import names_code, squeezed
from foundation import db
from foundation.access import ANONYMOUS
from foundation.db import ReadSession
from foundation.logging import get_logger
from retrieval.benchmark_data import Document
from retrieval.benchmark_knowledge import temporary_knowledge
from retrieval.passages import current_embedder
from retrieval.service import search
from retrieval.types import Filters, Hit

PER_GROUP: Final = 60
_MOST_DOCUMENTS: Final = 4000  # of a knowledge base; the right ones are always among them
_OF_PASSAGES: Final = 200
_SEED: Final = 7
_KIND: Final = {True: "questions indexed", False: "answers only"}
_log = get_logger(__name__)

Features = dict[str, float]


@dataclass(frozen=True)
class Example:
    """One question with the features of its hits: `label` 1 for a right hit, `missing` 1 where a code is not named.

    `scope` is that of the question, or typed and typed_oos for questions of a knowledge base in use.
    """

    source: str
    knowledge: str  # sets asked of one knowledge base, or of parts of it, share this
    scope: str
    lang: str
    hits: tuple[Features, ...]


def collect(
    data: Path, split: str = "train", *, per_group: int = PER_GROUP, only: str | None = None
) -> Iterator[Example]:
    """Ask a sample of the questions of `data/<split>`, always the same one; `only` names one knowledge base."""
    for one in _sets(data, split, per_group):
        if only is None or one.knowledge_base == only:
            yield from ask(_reduced(one))
            _log.info("calibration_collected", set=one.name, with_question=one.with_question)


def _sets(data: Path, split: str, per_group: int) -> Iterator[AnswerSet]:
    yield from read_set(data / split / "oos_mix", corpora=data / "bench", per_group=per_group)
    for name in ("banking77", "clinc150"):
        yield from read_set(data / split / name, per_group=per_group)
    yield from _passages(data, split)
    for sets in KNOWLEDGE_BASES.values():
        for name in sets:
            yield from _judged(data, split, name, per_group)


def _passages(data: Path, split: str) -> Iterator[AnswerSet]:
    """Pages of which one answers and no other: what it looks like when all right answers are marked."""
    if (data / split / "cmrc2018" / "queries.jsonl").exists():
        yield from read_set(data / split / "cmrc2018", corpora=data / "bench", per_group=_OF_PASSAGES)


def _judged(data: Path, split: str, name: str, per_group: int) -> Iterator[AnswerSet]:
    """Reworded questions and those across languages: how an FAQ entry is asked for by others than its author."""
    if not (data / split / name / "queries.jsonl").exists():
        return
    for one in read_set(data / split / name, corpora=data / "bench", per_group=per_group, across=True):
        if one.with_question:
            yield one


def _reduced(one: AnswerSet) -> AnswerSet:
    """The set with fewer documents, so that fitting takes minutes."""
    if len(one.documents) <= _MOST_DOCUMENTS:
        return one
    needed = {document for question in one.questions for document in question.right}
    chance = random.Random(_SEED)  # noqa: S311 - a repeatable sample, no secret
    others = chance.sample(one.documents, _MOST_DOCUMENTS)
    chosen = {row.id: row for row in (*others, *(row for row in one.documents if row.id in needed))}
    return replace(one, documents=tuple(chosen.values()))


def ask(one: AnswerSet) -> Iterator[Example]:
    """Search a set's knowledge base, published for this, with all of its questions."""
    documents: tuple[Document, ...] = one.documents
    with (
        temporary_knowledge(documents, with_question=one.with_question) as (ids, _seconds),
        db.read_session() as session,
    ):
        for question in one.questions:

            def is_right(hit: Hit, right: frozenset[str] = question.right) -> bool:
                return ids[hit.article_id] in right

            source = f"{one.name}, {_KIND[one.with_question]}", _family(one.knowledge_base)
            yield _searched(session, source, question, question.scope, is_right)


def _family(knowledge_base: str) -> str:
    """The knowledge base that a set is a part of."""
    return next(
        (whole for whole, parts in KNOWLEDGE_BASES.items() if knowledge_base in parts), knowledge_base
    )


def collect_typed(questions: Path) -> Iterator[Example]:
    """Ask the configured knowledge base what visitors may know; a hit is right if it holds `contains`."""
    rows = [json.loads(line) for line in questions.read_text("utf-8").splitlines() if line.strip()]
    with db.read_session() as session:
        for row in rows:
            if "as" in row:  # reserved for somebody
                continue
            wanted = squeezed(row["contains"]) if row["expect"] is not None else None

            def is_right(hit: Hit, wanted: str | None = wanted) -> bool:
                return wanted is not None and wanted in squeezed(hit.text)

            scope = "typed_oos" if wanted is None else "typed"
            question = Question(row["q"], row["lang"], Scope.JUDGED)
            yield _searched(session, (questions.name, questions.name), question, scope, is_right)


def _searched(
    session: ReadSession,
    source: tuple[str, str],
    question: Question,
    scope: str,
    is_right: Callable[[Hit], bool],
) -> Example:
    filters = Filters(lang=question.target_lang)
    hits = search(session, ANONYMOUS, question.text, top_k=TOP_K, filters=filters).hits
    named = codes(question.text)
    judged = features_of(question.text, hits, current_embedder(), lang=question.lang)
    made = []
    for hit, features in zip(hits, judged, strict=False):
        missing = any(not names_code(code, whole_of(hit)) for code in named)
        rounded = {name: round(value, 5) for name, value in features.items()}
        made.append({**rounded, "missing": float(missing), "label": float(is_right(hit))})
    return Example(*source, str(scope), question.lang, tuple(made))


def write_examples(examples: Iterable[Example], path: Path) -> None:
    """Keep examples, one JSON object a line."""
    with path.open("w", encoding="utf-8") as opened:
        for one in examples:
            opened.write(json.dumps(asdict(one), ensure_ascii=False) + "\n")


def read_examples(path: Path) -> list[Example]:
    """What `write_examples` wrote."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [Example(**{**row, "hits": tuple(row["hits"])}) for row in rows]
