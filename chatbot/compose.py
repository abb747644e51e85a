"""Extractive answers: the part of a passage that answers, verbatim and whole.

A short passage is quoted entirely. Of a longer one the pieces that answer are chosen and kept in their order;
a list comes with its lead-in, a table row with its header, and nothing is cut in the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rank_bm25 import BM25Plus

from chatbot.sentences import Piece, Shape, pieces, rows_of
from chatbot.understand import codes
from chatbot.words import content_words
from models.embedder import Embedder

WHOLE_FAQ_CHARS: Final = 900  # an FAQ answer up to here is quoted whole
WHOLE_CHARS: Final = 420  # any other passage up to here is
BUDGET_CHARS: Final = 480  # of what is chosen from a longer passage
_MAX_LIST_CHARS: Final = 700  # a list or table that answers may take this much
GAP: Final = "…"


def quote(question: str, text: str, *, kind: str, embedder: Embedder) -> str:
    """The part of the passage `text` that answers `question`, every piece as it stands there.

    Left-out text between two pieces of a line shows as `…`. Empty only for an empty passage.
    """
    text = text.strip()
    rows = rows_of(codes(question), text)
    if rows and kind != "faq":
        return "\n".join([*_headers_over(rows[0], text), *rows])
    if len(text) <= (WHOLE_FAQ_CHARS if kind == "faq" else WHOLE_CHARS):
        return text
    parts = pieces(text)
    scores = _scores(question, [part.text for part in parts], embedder)
    chosen = _choose(parts, scores)
    return _joined(parts, sorted(chosen))


def _headers_over(row: str, text: str) -> list[str]:
    """The header of the table that `row` stands in, where the row does not name its columns itself."""
    parts = pieces(text)
    at = next((i for i, part in enumerate(parts) if part.text.strip() == row), None)
    company = _with_company(parts, at) if at is not None else set()
    return [parts[i].text for i in sorted(company) if parts[i].shape is Shape.HEADER]


def _scores(question: str, texts: Sequence[str], embedder: Embedder) -> NDArray[np.float64]:
    """How well each piece answers: its words by BM25 among the pieces, its meaning by cosine."""
    asked = sorted(content_words(question))
    cosines = embedder.embed_passages(list(texts)) @ embedder.embed_queries([question])[0]
    words = [sorted(content_words(text)) or ["-"] for text in texts]
    lexical = np.asarray(BM25Plus(words).get_scores(asked)) if asked else np.zeros(len(texts))
    spread = float(lexical.max() - lexical.min())
    lexical = (lexical - lexical.min()) / spread if spread > 0 else np.zeros(len(texts))
    return np.asarray(lexical + np.clip(cosines, 0, 1), dtype=np.float64)


def _choose(parts: Sequence[Piece], scores: NDArray[np.float64]) -> set[int]:
    """The best pieces with what they need beside them, until the budget is used."""
    chosen: set[int] = set()
    for at in np.argsort(-scores, kind="stable"):
        wanted = _with_company(parts, int(at)) - chosen
        size = sum(len(parts[i].text) for i in chosen | wanted)
        if chosen and (size > BUDGET_CHARS or scores[at] < 0.45 * scores.max()):
            break
        chosen |= wanted
    return chosen


def _with_company(parts: Sequence[Piece], at: int) -> set[int]:
    """A piece with those it makes no sense without."""
    piece = parts[at]
    if piece.shape is Shape.LEAD:
        return {at} | _block(parts, at + 1)
    if piece.shape is Shape.ITEM:
        return _block(parts, at) | _lead_of(parts, at)
    if piece.shape is Shape.ROW:
        return {at} | {
            i for i in range(at) if parts[i].shape is Shape.HEADER and parts[i].block == piece.block
        }
    if piece.shape is Shape.CODE:
        return {at} | _lead_of(parts, at)
    return {at}


def _block(parts: Sequence[Piece], at: int) -> set[int]:
    """The whole list, table or code block at `at`; of a very long one, only its first pieces."""
    if at >= len(parts):
        return set()
    same = [
        i for i, part in enumerate(parts) if part.block == parts[at].block and part.shape is not Shape.LEAD
    ]
    size = 0
    kept: set[int] = set()
    for i in same:
        size += len(parts[i].text)
        if kept and size > _MAX_LIST_CHARS:
            break
        kept.add(i)
    return kept | {at}


def _lead_of(parts: Sequence[Piece], at: int) -> set[int]:
    first = min(i for i, part in enumerate(parts) if part.block == parts[at].block)
    for i in (first, first - 1):
        if i >= 0 and parts[i].shape is Shape.LEAD:
            return {i}
    return set()


def _joined(parts: Sequence[Piece], chosen: Sequence[int]) -> str:
    text = parts[chosen[0]].text
    for before, at in pairwise(chosen):
        piece = parts[at]
        same_line = piece.block == parts[before].block and not piece.starts_line
        if at == before + 1:
            text += (_space(text) if same_line else "\n") + piece.text
        else:
            text += (f" {GAP} " if same_line else f"\n{GAP}\n") + piece.text
    return text


def _space(before: str) -> str:
    return " " if before[-1:].isascii() else ""
