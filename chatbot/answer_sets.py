"""Questions whose answer is known, with the knowledge base they are asked of, read from benchmark folders.

A folder holds `corpus.jsonl`, `queries.jsonl` (a row may list `answers`) and `qrels.tsv`; or `labels.jsonl` alone:
questions labelled in_scope, near_oos or far_oos of a knowledge base made of neighbouring folders, or, without
`kb`, sayings labelled with what they ask for: one of each kind becomes the entry the others should find, and
some kinds are left out, so that nothing answers them.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar

from retrieval.benchmark_data import Benchmark, Document, Query, read_benchmark
from retrieval.errors import EvaluationDataError

KNOWLEDGE_BASES: Final = {
    "iot_hardware": ("esp_faq",),
    "ms_partner_support": ("partner_center", "alchemy_zh"),
    "data_platform": ("tidb_docs",),
}
T = TypeVar("T")
_ASKED: Final = {"answer_only", "page", "reworded", "passage", "search"}  # tasks within one language
_SEED: Final = 7
_LEFT_OUT: Final = 3  # of so many kinds of sayings one is not in the knowledge base


class Scope(StrEnum):
    """Whether the knowledge base holds the answer; `JUDGED` questions may have more answers than are marked."""

    IN = "in_scope"
    NEAR = "near_oos"
    FAR = "far_oos"
    JUDGED = "judged"


@dataclass(frozen=True)
class Question:
    """A question with the documents that answer it, none out of scope."""

    text: str
    lang: str
    scope: Scope
    right: frozenset[str] = frozenset()
    answers: tuple[str, ...] = ()  # one of them must stand in the answer, where known
    target_lang: str | None = None

    @property
    def has_answer(self) -> bool:
        return self.scope in {Scope.IN, Scope.JUDGED}


@dataclass(frozen=True)
class AnswerSet:
    """What to publish and what to ask of it."""

    name: str
    knowledge_base: str
    documents: tuple[Document, ...]
    with_question: bool  # an FAQ entry's question is its article's title, as ingestion publishes it
    questions: tuple[Question, ...]


def read_set(
    folder: Path, *, corpora: Path | None = None, per_group: int = 0, across: bool = False
) -> list[AnswerSet]:
    """The sets of a folder; `per_group` > 0 takes a sample of each group of questions, always the same one.

    `corpora` holds the corpora, where they are not in or beside `folder`; `across` asks across languages too.
    Raises EvaluationDataError.
    """
    if not (folder / "labels.jsonl").exists():
        read = read_benchmark(corpora / folder.name if corpora else folder, folder)
        return _judged_sets(folder, read, per_group, _ASKED | {"xling"} if across else _ASKED)
    labels = list(_rows(folder / "labels.jsonl"))
    beside = corpora or folder.parent
    if any("kb" in label for label in labels):
        return _scoped_sets(folder, labels, beside, per_group)
    return [_intents(folder, labels, per_group)]


def read_knowledge(name: str, corpora: Path, queries: Path) -> list[Benchmark]:
    """The folders a knowledge base is made of, with the questions of the same folders under `queries`."""
    return [read_benchmark(corpora / one, queries / one) for one in KNOWLEDGE_BASES[name]]


def documents_of(read: Sequence[Benchmark], *, with_question: bool) -> tuple[Document, ...]:
    """All documents; with its question an FAQ entry is titled by it, without one it is a page like others."""
    rows = [row for one in read for row in one.documents]
    return tuple(
        replace(row, title=row.question or row.title) if with_question else replace(row, question=None)
        for row in rows
    )


def relevance_of(read: Sequence[Benchmark], parallel: Iterable[Path] = ()) -> dict[str, frozenset[str]]:
    """Documents that answer each query: those judged, and those that say or ask the same, in either language."""
    same = _Same()
    for one in read:
        for row in one.documents:
            same.join(row.id, f"text {row.text}")
            if row.question:
                same.join(row.id, f"question {row.lang} {row.question}")
    for path in parallel:
        for pair in _rows(path):
            same.join(pair["zh_id"], pair["en_id"])
    known = {row.id for one in read for row in one.documents}
    return {
        query: frozenset(found for judged in right for found in same.of(judged) if found in known)
        for one in read
        for query, right in one.relevance.items()
    }


class _Same:
    """Groups of ids that mean the same."""

    def __init__(self) -> None:
        self._group: dict[str, set[str]] = {}

    def join(self, one: str, other: str) -> None:
        mine, theirs = self.of(one), self.of(other)
        if mine is not theirs:
            mine |= theirs
            self._group |= dict.fromkeys(theirs, mine)

    def of(self, one: str) -> set[str]:
        return self._group.setdefault(one, {one})


def _judged_sets(folder: Path, read: Benchmark, per_group: int, tasks: Set[str]) -> list[AnswerSet]:
    relevance = relevance_of([read])
    rows = {row["id"]: row for row in _rows(folder / "queries.jsonl")}
    made = []
    for with_question in (False, True):
        asked = [one for one in read.queries if one.task in tasks and one.sees_question is with_question]
        if asked:
            questions = tuple(
                _judged(one, relevance, rows[one.id].get("answers", ()))
                for one in sampled(asked, per_group, lambda query: query.group)
            )
            name = f"{folder.name} ({', '.join(sorted({one.task for one in asked}))})"
            made.append(
                AnswerSet(
                    name,
                    folder.name,
                    documents_of([read], with_question=with_question),
                    with_question,
                    questions,
                )
            )
    return made


def _judged(query: Query, relevance: Mapping[str, frozenset[str]], answers: Iterable[str]) -> Question:
    right = relevance[query.id]
    return Question(query.text, query.lang, Scope.JUDGED, right, tuple(answers), query.target_lang)


def _scoped_sets(
    folder: Path, labels: Sequence[dict[str, Any]], corpora: Path, per_group: int
) -> list[AnswerSet]:
    return [
        AnswerSet(f"{folder.name} {name}", name, documents_of(read, with_question=with_question),
                  with_question, questions)
        for name, read, questions in _scoped(folder, labels, corpora, per_group)
        for with_question in (True, False)
    ]  # fmt: skip


def _scoped(
    folder: Path, labels: Sequence[dict[str, Any]], corpora: Path, per_group: int
) -> Iterator[tuple[str, list[Benchmark], tuple[Question, ...]]]:
    for name, sets in KNOWLEDGE_BASES.items():
        if not any(label.get("kb") == name for label in labels):
            continue
        read = read_knowledge(name, corpora, folder.parent)
        beside = [folder.parent / one / "parallel.jsonl" for one in sets]
        relevance = relevance_of(read, [path for path in beside if path.exists()])
        mine = [_labelled(label, relevance) for label in labels if label.get("kb") == name]
        usable = [
            one for one in mine if one.right or not one.has_answer
        ]  # some name documents not published here
        yield name, read, tuple(sampled(usable, per_group, lambda one: (one.scope, one.lang)))


def _labelled(label: dict[str, Any], relevance: Mapping[str, frozenset[str]]) -> Question:
    right = relevance.get(label.get("query_id", ""), frozenset())
    return Question(label["text"], label["lang"], Scope(label["label"]), right)


def _intents(folder: Path, labels: Sequence[dict[str, Any]], per_group: int) -> AnswerSet:
    """An entry's question is the first saying of its kind, its text names the kind; the rest are asked."""
    sayings: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in labels:
        sayings["" if row.get("oos") else row["label"]].append(row)
    outside = [Question(row["text"], row["lang"], Scope.FAR) for row in sayings.pop("", ())]
    documents, asked = [], []
    for at, (label, rows) in enumerate(sorted(sayings.items())):
        if at % _LEFT_OUT == 0:
            asked += [Question(row["text"], row["lang"], Scope.NEAR) for row in rows]
            continue
        first, *others = rows
        named = label.replace("_", " ")
        documents.append(Document(label, named, f"About: {named}.", first["lang"], first["text"], None))
        asked += [Question(row["text"], row["lang"], Scope.IN, frozenset({label})) for row in others]
    chosen = sampled([*asked, *outside], per_group, lambda one: one.scope)
    published = tuple(replace(row, title=row.question or row.title) for row in documents)
    return AnswerSet(folder.name, folder.name, published, with_question=True, questions=tuple(chosen))


def sampled(rows: Sequence[T], per_group: int, group_of: Callable[[T], Any]) -> list[T]:
    """At most `per_group` of each group (0: all), in a fixed order."""
    if not per_group:
        return list(rows)
    chance = random.Random(_SEED)  # noqa: S311 - a repeatable sample, no secret
    groups: defaultdict[Any, list[T]] = defaultdict(list)
    for row in rows:
        groups[group_of(row)].append(row)
    return [row for known in groups.values() for row in chance.sample(known, min(per_group, len(known)))]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        for line in path.read_text("utf-8").splitlines():
            if line.strip():
                yield json.loads(line)
    except (OSError, ValueError) as error:
        raise EvaluationDataError(f"cannot read {path}: {error}") from error
