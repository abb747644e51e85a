"""Reads a benchmark folder: our own form and BEIR's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import EvaluationDataError
from retrieval.words import is_chinese

_WITH_QUESTION = {"reworded", "xling"}


@dataclass(frozen=True)
class Document:
    """A corpus row: becomes one article."""

    id: str
    title: str
    text: str
    lang: str
    question: str | None
    version: str | None


@dataclass(frozen=True)
class Query:
    """A question with its task; `target_lang` and `version` restrict what may be found."""

    id: str
    text: str
    lang: str
    task: str
    target_lang: str | None
    version: str | None

    @property
    def sees_question(self) -> bool:
        """Whether its task indexes the documents' questions."""
        return self.task in _WITH_QUESTION

    @property
    def group(self) -> tuple[str, str, str | None]:
        return self.task, self.lang, self.target_lang


@dataclass(frozen=True)
class Benchmark:
    """A whole set; queries nobody judged are left out."""

    documents: tuple[Document, ...]
    queries: tuple[Query, ...]
    relevance: dict[str, dict[str, float]]  # query id → document id → gain


def read_benchmark(folder: Path, queries: Path | None = None) -> Benchmark:
    """Read corpus.jsonl, queries.jsonl and qrels.tsv (or qrels/test.tsv).

    `queries` names another folder whose queries and judgements are used on this corpus.
    Raises EvaluationDataError for missing files and rows that cannot be read.
    """
    asked = queries or folder
    relevance = _relevance(asked)
    known = tuple(_query(row) for row in _rows(asked / "queries.jsonl"))
    judged = tuple(query for query in known if query.id in relevance)
    if not judged:
        raise EvaluationDataError(f"{asked} has no query with a judgement")
    return Benchmark(tuple(_document(row) for row in _rows(folder / "corpus.jsonl")), judged, relevance)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as opened:
            for number, line in enumerate(opened, start=1):
                if line.strip():
                    yield _row(line, f"{path.name} line {number}")
    except OSError as error:
        raise EvaluationDataError(f"cannot read {path}: {error.strerror}") from error


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        identity = str(row.get("id", row.get("_id", "")))
    except (ValueError, AttributeError) as error:
        raise EvaluationDataError(f"{where}: no JSON object") from error
    if not identity or not isinstance(row.get("text"), str):
        raise EvaluationDataError(f"{where}: `id` and `text` are needed")
    return {**row, "id": identity}


def _document(row: dict[str, Any]) -> Document:
    title = row.get("title") or ""
    lang = row.get("lang") or ("zh" if is_chinese(f"{title}\n{row['text'][:500]}") else "en")
    return Document(row["id"], title, row["text"], lang, row.get("question"), row.get("version"))


def _query(row: dict[str, Any]) -> Query:
    lang = row.get("lang") or ("zh" if is_chinese(row["text"]) else "en")
    task = row.get("task") or "search"
    return Query(row["id"], row["text"], lang, task, row.get("target_lang"), row.get("version"))


def _relevance(folder: Path) -> dict[str, dict[str, float]]:
    path = folder / "qrels.tsv"
    if not path.exists():
        path = folder / "qrels" / "test.tsv"
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise EvaluationDataError(f"{folder} has neither qrels.tsv nor qrels/test.tsv") from error
    found: dict[str, dict[str, float]] = {}
    for number, line in enumerate(lines, start=1):
        fields = line.split("\t")
        if not line.strip() or (number == 1 and not _is_number(fields[-1])):
            continue
        if len(fields) < 3 or not _is_number(fields[-1]):
            raise EvaluationDataError(f"{path.name} line {number}: query, document and relevance are needed")
        found.setdefault(fields[0], {})[fields[-2]] = float(fields[-1])
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
