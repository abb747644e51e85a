from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from rank_bm25 import BM25Plus

from retrieval import lexical_index
from retrieval.analyzer import AnalyzedPassage, AnalyzedQuery, QueryTerm
from retrieval.index import Scope
from retrieval.lexical_index import LexicalSnapshot, LexicalWriter, open_index
from retrieval.types import Filters
from tests.contracts.index import entry

WORDS = [f"word{number}" for number in range(60)]


def passages(count: int, seed: int) -> list[list[str]]:
    """Passages of one length class of tantivy's each, so that its rounding of lengths plays no part."""
    chance = random.Random(seed)
    weights = [1 / (rank + 1) for rank in range(len(WORDS))]
    return [chance.choices(WORDS, weights, k=chance.choice([8, 16, 24, 40])) for _ in range(count)]


def index_of(folder: Path, bodies: list[list[str]]) -> LexicalSnapshot:
    index = open_index(folder)
    writer = LexicalWriter(index)
    for number, body in enumerate(bodies, start=1):
        made = entry(number, "x")
        words = AnalyzedPassage(title=(), heading=(), body=tuple(body), bigrams=())
        writer.add([type(made)(**{**vars(made), "passage": words})])
    writer.commit()
    writer.close()
    return LexicalSnapshot(index)


@pytest.mark.parametrize("seed", range(5))
def test_a_plain_field_is_ordered_as_bm25_orders_it(tmp_path: Path, seed: int) -> None:
    bodies = passages(200, seed)
    snapshot = index_of(tmp_path, bodies)
    asked = random.Random(seed).sample(WORDS[3:30], 3)
    query = AnalyzedQuery(" ".join(asked), "en", tuple(QueryTerm(word) for word in asked), ())
    found = snapshot.search(
        query, Scope(frozenset({"public"}), Filters()), 50, {"audience": frozenset({"public"})}
    )
    # BM25+ with delta 0 is plain BM25 with an idf that is never negative; tantivy's idf differs, so take its form.
    oracle = BM25Plus(bodies, k1=1.2, b=0.75, delta=0)
    count = len(bodies)
    for word in oracle.idf:
        holding = sum(word in body for body in bodies)
        oracle.idf[word] = np.log(1 + (count - holding + 0.5) / (holding + 0.5))
    scores = oracle.get_scores(asked)
    assert len(found) >= 20
    best = found[0].score / scores[found[0].chunk_id - 1]
    for one in found:
        assert one.score == pytest.approx(best * scores[one.chunk_id - 1], rel=0.02)
    assert found[0].chunk_id - 1 in np.flatnonzero(scores >= scores.max() - 1e-9)


def test_a_word_in_the_title_counts_more_than_in_the_body(tmp_path: Path) -> None:
    index = open_index(tmp_path)
    writer = LexicalWriter(index)
    for number, (title, body) in enumerate([("pump", "valve motor"), ("motor", "valve pump")], start=1):
        made = entry(number, "x")
        words = AnalyzedPassage(title=(title,), heading=(), body=tuple(body.split()), bigrams=())
        writer.add([type(made)(**{**vars(made), "passage": words})])
    writer.commit()
    writer.close()
    query = AnalyzedQuery("motor", "en", (QueryTerm("motor"),), ())
    scope = Scope(frozenset({"public"}), Filters())
    found = LexicalSnapshot(index).search(query, scope, 5, {"audience": frozenset({"public"})})
    assert [one.chunk_id for one in found] == [2, 1]


def test_a_heavier_word_counts_more(tmp_path: Path) -> None:
    snapshot = index_of(tmp_path, [["pump", "valve"], ["motor", "valve"]])
    scope, known = Scope(frozenset({"public"}), Filters()), {"audience": frozenset({"public"})}
    for heavy, first in (("pump", 1), ("motor", 2)):
        terms = tuple(QueryTerm(word, 1.0 if word == heavy else 0.4) for word in ("pump", "motor"))
        found = snapshot.search(AnalyzedQuery("", "en", terms, ()), scope, 5, known)
        assert next(one.chunk_id for one in found) == first


def test_bigrams_find_what_a_wrong_cut_hides(tmp_path: Path) -> None:
    index = open_index(tmp_path)
    writer = LexicalWriter(index)
    made = entry(1, "x")
    words = AnalyzedPassage(title=(), heading=(), body=("过流保护",), bigrams=("过流", "流保", "保护"))
    writer.add([type(made)(**{**vars(made), "passage": words})])
    writer.commit()
    writer.close()
    query = AnalyzedQuery("过流", "zh", (QueryTerm("过流"),), ("过流",))
    scope = Scope(frozenset({"public"}), Filters())
    assert LexicalSnapshot(index).search(query, scope, 5, {"audience": frozenset({"public"})})


def test_an_index_without_its_meta_file_is_not_intact(tmp_path: Path) -> None:
    index_of(tmp_path, [["pump"]])
    assert lexical_index.is_intact(tmp_path)
    (tmp_path / "meta.json").unlink()
    assert not lexical_index.is_intact(tmp_path)
