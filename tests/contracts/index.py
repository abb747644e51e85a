"""What every search index must do; a test module inherits this and gives it an `index` fixture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.embedders.fake import FakeEmbedder
from retrieval.analyzer import ANALYZER_VERSION, analyze_passage, analyze_query
from retrieval.index import Identity, Index, IndexEntry, Scope, Snapshot
from retrieval.lexicon import Lexicon
from retrieval.types import Filters

EMBEDDER = FakeEmbedder(96)
IDENTITY = Identity(EMBEDDER.spec, EMBEDDER.dim, ANALYZER_VERSION)
PUBLIC = Scope(frozenset({"public"}), Filters())


def entry(chunk_id: int, text: str, *, article: int | None = None, **attributes: str) -> IndexEntry:
    vector = EMBEDDER.embed_passages([text])[0]
    given_attributes = {
        "audience": "public",
        "lang": "zh",
        "collection": "main",
        "kind": "guide",
        **attributes,
    }
    return IndexEntry(
        chunk_id=chunk_id,
        article_id=article if article is not None else chunk_id,
        audience=given_attributes["audience"],
        lang=given_attributes["lang"],
        product=given_attributes.get("product"),
        collection=given_attributes["collection"],
        kind=given_attributes["kind"],
        product_version=given_attributes.get("product_version"),
        passage=analyze_passage("", [], text, Lexicon()),
        embedding=vector.astype("<f2").tobytes(),
        tokens=np.arange(chunk_id % 5, dtype=np.uint16),
    )


def put(index: Index, entries: list[IndexEntry], *, sequence: int = 1, gone: set[int] | None = None) -> None:
    """Apply entries and say that the articles in `gone` have nothing any more; builds the index if need be."""
    with index.writing(10.0) as writer:
        if writer.identity is None:
            writer.rebuild(IDENTITY, Lexicon(), [], 0)
        articles = {one.article_id for one in entries} | (gone or set())
        writer.apply(entries, articles, sequence, Lexicon())


def published(index: Index) -> Snapshot:
    snapshot = index.snapshot()
    assert snapshot is not None
    return snapshot


def by_words(snapshot: Snapshot, text: str, scope: Scope = PUBLIC, limit: int = 10) -> list[int]:
    found = snapshot.search_lexical(analyze_query(text, Lexicon()), scope, limit)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    return [one.chunk_id for one in found]


def by_vector(snapshot: Snapshot, text: str, scope: Scope = PUBLIC, limit: int = 10) -> list[int]:
    found = snapshot.search_vector(EMBEDDER.embed_queries([text])[0], scope, limit)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    return [one.chunk_id for one in found]


LEGS = pytest.mark.parametrize("leg", [by_words, by_vector])


class IndexContract:
    """Inherit, and define `index` as a fixture that gives an empty index."""

    def test_nothing_is_published_before_the_first_write(self, index: Index) -> None:
        assert index.snapshot() is None

    @LEGS
    def test_what_was_applied_is_found_first(self, index: Index, leg) -> None:
        put(index, [entry(1, "过流保护动作"), entry(2, "开发票"), entry(3, "网关离线 modbus")])
        assert leg(published(index), "过流保护")[0] == 1
        assert leg(published(index), "网关离线")[0] == 3

    def test_cosines_are_those_of_the_embeddings(self, index: Index) -> None:
        texts = {number: f"text number {number} about motor {number * 7}" for number in range(1, 60)}
        put(index, [entry(number, text) for number, text in texts.items()])
        query = EMBEDDER.embed_queries(["motor 21"])[0]
        exact = {number: float(EMBEDDER.embed_passages([text])[0] @ query) for number, text in texts.items()}
        found = published(index).search_vector(query, PUBLIC, 60)
        assert len(found) == len(texts)
        assert all(one.score == pytest.approx(exact[one.chunk_id], abs=0.02) for one in found)
        details = published(index).details(query, [3, 5, 999])
        assert set(details) == {3, 5}
        assert details[3].cosine == pytest.approx(exact[3], abs=0.02)
        assert list(details[3].tokens) == [0, 1, 2] and details[3].lang == "zh"

    def test_vectors_searched_together_find_what_each_finds_alone(self, index: Index) -> None:
        put(index, [entry(number, f"motor {number}", article=number) for number in range(1, 40)])
        put(index, [], sequence=2, gone={7})
        vectors = EMBEDDER.embed_queries(["motor 7", "motor 12", "motor 30"])
        alone = [published(index).search_vector(vector, PUBLIC, 10) for vector in vectors]
        together = published(index).search_vectors(vectors, PUBLIC, 10)
        assert [[one.chunk_id for one in found] for found in together] == [
            [one.chunk_id for one in found] for found in alone
        ]

    @LEGS
    def test_a_replaced_article_leaves_no_old_chunk(self, index: Index, leg) -> None:
        put(index, [entry(1, "旧的过流说明", article=7), entry(2, "过流第二段", article=7)])
        put(index, [entry(3, "过流新说明", article=7)], sequence=2)
        assert leg(published(index), "过流") == [3]
        assert published(index).chunk_ids() == {"lexical": {3}, "vector": {3}}

    @LEGS
    def test_a_removed_article_is_not_found(self, index: Index, leg) -> None:
        put(index, [entry(1, "过流"), entry(2, "过流 保护")])
        put(index, [], sequence=2, gone={1})
        assert leg(published(index), "过流") == [2]
        assert not published(index).details(EMBEDDER.embed_queries(["过流"])[0], [1])

    def test_applying_twice_changes_nothing(self, index: Index) -> None:
        for _ in range(2):
            put(index, [entry(1, "过流", article=4), entry(2, "过压", article=4)])
        assert published(index).chunk_ids() == {"lexical": {1, 2}, "vector": {1, 2}}

    def test_a_snapshot_never_loses_what_stays(self, index: Index) -> None:
        put(index, [entry(1, "过流"), entry(2, "过流 保护")])
        before = published(index)
        put(index, [entry(3, "过流")], sequence=2, gone={1})
        with index.writing(10.0) as writer:
            writer.rebuild(IDENTITY, Lexicon(), [[entry(2, "过流 保护"), entry(3, "过流")]], 3)
        assert 2 in by_words(before, "过流") and 2 in by_vector(before, "过流")
        assert list(before.details(EMBEDDER.embed_queries(["过流"])[0], [2])) == [2]
        assert (before.sequence, published(index).sequence) == (1, 3)

    @LEGS
    def test_a_viewer_of_one_percent_gets_a_full_page(self, index: Index, leg) -> None:
        entries = [entry(number, f"过流 保护 第 {number} 条") for number in range(1, 1001)]
        entries += [entry(number, f"其他 {number} 保护", audience="tier:vip") for number in range(1001, 1011)]
        put(index, entries)
        vip = Scope(frozenset({"tier:vip"}), Filters())
        assert sorted(leg(published(index), "过流保护", vip)) == list(range(1001, 1011))
        assert published(index).audiences == {"public", "tier:vip"}

    @LEGS
    def test_nobody_finds_what_no_rule_lets_them_read(self, index: Index, leg) -> None:
        put(index, [entry(1, "过流", audience="staff")])
        assert leg(published(index), "过流") == []
        assert leg(published(index), "过流", Scope(frozenset(), Filters())) == []
        assert leg(published(index), "过流", Scope(frozenset({"no such rule"}), Filters())) == []

    @LEGS
    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            (Filters(), [1, 2, 3]),
            (Filters(lang="en"), [2]),
            (Filters(product="YLD"), [1, 2]),
            (Filters(collection="b"), [3]),
            (Filters(kind="faq"), [3]),
            (Filters(product_version="4.0"), [1]),
            (Filters(product="YLD", lang="zh"), [1]),
            (Filters(product="none such"), []),
        ],
    )
    def test_filters_hold_inside_the_leg(
        self, index: Index, leg, filters: Filters, expected: list[int]
    ) -> None:
        put(
            index,
            [
                entry(1, "motor fault", product="YLD", product_version="4.0"),
                entry(2, "motor fault", product="YLD", lang="en", product_version="5.0"),
                entry(3, "motor fault", collection="b", kind="faq"),
            ],
        )
        assert sorted(leg(published(index), "motor fault", Scope(frozenset({"public"}), filters))) == expected

    def test_words_without_meaning_for_the_index_find_nothing(self, index: Index) -> None:
        put(index, [entry(1, "过流")])
        for text in ("", '"', "title:x AND (", "*:*", "不存在的词组"):
            assert by_words(published(index), text) == []

    def test_rebuilding_replaces_everything(self, index: Index) -> None:
        put(index, [entry(1, "过流")])
        with index.writing(10.0) as writer:
            writer.rebuild(IDENTITY, Lexicon((("过压",),)), [[entry(5, "过压")], [entry(6, "过压 保护")]], 9)
        snapshot = published(index)
        assert snapshot.chunk_ids() == {"lexical": {5, 6}, "vector": {5, 6}}
        assert (snapshot.sequence, snapshot.identity, snapshot.lexicon.words) == (9, IDENTITY, {"过压"})

    @LEGS
    def test_a_passage_without_a_word_is_found_by_meaning_alone(self, index: Index, leg) -> None:
        put(index, [entry(1, "——"), entry(2, "过流 保护")])
        assert leg(published(index), "过流保护") == ([2] if leg is by_words else [2, 1])
        assert published(index).chunk_ids() == {"lexical": {1, 2}, "vector": {1, 2}}

    def test_a_large_glossary_comes_back_whole(self, index: Index) -> None:
        large = Lexicon(tuple((f"词{number}", f"word {number} " * 8) for number in range(1500)))
        with index.writing(10.0) as writer:
            writer.rebuild(IDENTITY, large, [[entry(1, "过流")]], 1)
            assert writer.lexicon == large
        assert published(index).lexicon == large
        with index.writing(10.0) as writer:
            writer.apply([], set(), 2, Lexicon((("过压",),)))
        assert published(index).lexicon.words == {"过压"}

    def test_passages_are_counted_by_token_and_what_was_replaced_counts_no_longer_than_until_it_is_tidied(
        self, index: Index
    ) -> None:
        put(index, [entry(1, "过流"), entry(4, "过压"), entry(5, "欠压")])  # tokens 0; 0 to 3; none
        tokens = np.array([3, 0, 700], np.uint16)
        assert published(index).token_counts(tokens).tolist() == [1, 2, 0]
        assert published(index).size() == 3
        put(index, [entry(6, "过流", article=4)], sequence=2)  # token 0 alone
        now = published(index).token_counts(tokens)
        assert now[0] in {0, 1} and now[1] in {2, 3} and now[2] == 0
        assert published(index).size() == 3

    def test_dropping_leaves_nothing(self, index: Index) -> None:
        put(index, [entry(1, "过流")])
        index.drop()
        assert index.snapshot() is None
        with index.writing(10.0) as writer:
            assert writer.identity is None

    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 3)), min_size=1, max_size=12))
    def test_any_order_of_changes_ends_with_what_is_live(
        self, index: Index, changes: list[tuple[int, int]]
    ) -> None:
        index.drop()
        live: dict[int, set[int]] = {}
        next_id = 1
        for sequence, (article, chunks) in enumerate(changes, start=1):
            made = [entry(next_id + step, "过流 保护", article=article) for step in range(chunks)]
            next_id += chunks
            live[article] = {one.chunk_id for one in made}
            put(index, made, sequence=sequence, gone={article})
        expected = set().union(*live.values())
        snapshot = published(index)
        assert snapshot.chunk_ids() == {"lexical": expected, "vector": expected}
        assert set(by_words(snapshot, "过流", limit=100)) == expected
        assert set(by_vector(snapshot, "过流", limit=100)) == expected
