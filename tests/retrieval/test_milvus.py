from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from foundation import clock, db
from foundation.access import ANONYMOUS
from foundation.settings import Settings, use_settings
from kb import service as kb
from retrieval import index_store
from retrieval.analyzer import analyze_query
from retrieval.embedded import EmbeddedIndex
from retrieval.errors import IndexBusyError, IndexUnreachableError
from retrieval.evaluation import evaluate
from retrieval.index import Index, IndexEntry
from retrieval.lexicon import Lexicon
from retrieval.milvus import MilvusIndex
from retrieval.service import search
from tests.contracts.index import IDENTITY, PUBLIC, IndexContract, by_vector, by_words, entry, published, put
from tests.retrieval.knowledge import article, publish
from tests.retrieval.test_evaluation import CORPUS, QUERIES, judged, write
from tests.services import milvus

pytestmark = pytest.mark.services

_names = itertools.count(1)


@pytest.fixture(scope="module")
def uri() -> Iterator[str]:
    with milvus() as started:
        yield started


@pytest.fixture
def alias() -> str:
    return f"test_{next(_names)}"


@pytest.fixture
def index(uri: str, alias: str, settings: Settings) -> Iterator[Index]:
    made = MilvusIndex(uri, alias=alias)
    yield made
    made.drop()


@pytest.fixture
def configured(uri: str, alias: str, settings: Settings) -> Iterator[Settings]:
    """Settings that put the service's index into Milvus."""
    made = settings.model_copy(update={"index": f"milvus:{uri}#{alias}"})
    use_settings(made)
    yield made
    index_store.current().drop()


class TestMilvusIndex(IndexContract):
    """The index in Milvus keeps the contract."""


TEXTS = [
    "过流 保护 动作 电机 电缆 绝缘",
    "过流 电机",
    "过流 过流 过流 说明 说明 参数 设定",
    "过压 保护 制动 电阻",
    "motor overcurrent fault E-203 of the drive",
    "overcurrent protection, motor cable and motor insulation",
    "网关 离线 modbus 通讯 超时 通讯",
    "发票 抬头 修改 流程 电机",
]


@pytest.mark.parametrize("question", ["过流电机", "电机通讯说明", "motor overcurrent", "E203 motor 保护"])
def test_words_rank_and_score_as_in_the_embedded_index(index: Index, tmp_path: Path, question: str) -> None:
    other = EmbeddedIndex(tmp_path)
    entries = [entry(number, text) for number, text in enumerate(TEXTS, start=1)]
    for one in (index, other):
        put(one, entries)
        with one.writing(10.0) as writer:  # weighs them by their own average length
            writer.rebuild(IDENTITY, Lexicon(), [entries], 2)
    asked = analyze_query(question, Lexicon())
    here, there = (published(one).search_lexical(asked, PUBLIC, 10) for one in (index, other))
    assert [one.chunk_id for one in here] == [one.chunk_id for one in there]
    assert [one.score for one in here] == pytest.approx([one.score for one in there], rel=1e-3)


def test_statistics_follow_what_is_added_and_removed(index: Index, tmp_path: Path) -> None:
    other = EmbeddedIndex(tmp_path)
    entries = [entry(number, text) for number, text in enumerate(TEXTS, start=1)]
    put(index, entries)
    put(index, [entry(number, "过流 电机", article=50) for number in range(50, 80)], sequence=2)
    put(index, [], sequence=3, gone={50, 8})
    put(other, entries[:-1])
    asked = analyze_query("过流电机", Lexicon())
    here, there = (published(one).search_lexical(asked, PUBLIC, 10) for one in (index, other))
    assert [one.chunk_id for one in here] == [one.chunk_id for one in there]
    assert [one.score for one in here] == pytest.approx([one.score for one in there], rel=0.1)


def test_passages_that_grew_are_weighed_anew(configured: Settings) -> None:
    publish(*(article(f"{number}", "过流") for number in range(100)))
    index_store.catch_up()
    publish(*(article(f"long {number}", f"保护 动作 电机 电缆 {number} " * 20) for number in range(150)))
    index_store.catch_up()
    with index_store.current().writing(10.0) as writer:
        assert writer.identity is None
    index_store.catch_up()
    with index_store.current().writing(10.0) as writer:
        assert writer.identity == index_store.identity()
    assert index_store.check().equal


def test_collections_that_no_longer_serve_are_removed_in_the_end(uri: str, alias: str, index: Index) -> None:
    client = pytest.importorskip("pymilvus").MilvusClient(uri)

    def collections() -> int:
        return sum(name.startswith(f"{alias}_g_") for name in client.list_collections())

    with clock.fixed(clock.now()):
        for sequence in range(1, 4):
            with index.writing(10.0) as writer:
                writer.rebuild(IDENTITY, Lexicon(), [[entry(1, "过流")]], sequence)
        assert collections() == 6  # searches under way may still need the former ones
        clock.advance(timedelta(minutes=5))
        put(index, [entry(2, "过流")], sequence=5)
    assert collections() == 2
    assert by_words(published(index), "过流") == [1, 2]


def test_a_build_that_was_cut_short_leaves_the_old_one_serving(index: Index) -> None:
    put(index, [entry(1, "过流")])

    def cut_short() -> Iterator[list[IndexEntry]]:
        yield [entry(2, "过流")]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), index.writing(10.0) as writer:
        writer.rebuild(IDENTITY, Lexicon(), cut_short(), 2)
    assert by_words(published(index), "过流") == by_vector(published(index), "过流") == [1]


def test_only_one_writes_at_a_time(uri: str, alias: str, index: Index) -> None:
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with index.writing(10.0):
            entered.set()
            leave.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait(60)
    try:
        with pytest.raises(IndexBusyError), MilvusIndex(uri, alias=alias).writing(0.05):
            pass
    finally:
        leave.set()
        holder.join()


def test_a_server_that_does_not_answer_is_said_to_be_down(settings: Settings) -> None:
    use_settings(settings.model_copy(update={"index": "milvus:http://127.0.0.1:9"}))
    with db.read_session() as session, pytest.raises(IndexUnreachableError) as caught:
        search(session, ANONYMOUS, "过流")
    assert "127.0.0.1" not in str(caught.value)


@pytest.mark.parametrize("system", ["hybrid", "lexical", "vector"])
def test_what_is_published_is_found_and_what_is_deleted_is_not(configured: Settings, system: str) -> None:
    def titles() -> set[str]:
        with db.read_session() as session:
            return {hit.title for hit in search(session, ANONYMOUS, "过流保护", system=system).hits}

    first, _second = publish(article("甲", "过流 保护"), article("乙", "过流 动作"))
    assert titles() == {"甲", "乙"}
    with db.write_session() as session:
        kb.delete_article(session, first)
    assert titles() == {"乙"}
    snapshot = index_store.current().snapshot()
    assert snapshot is not None and all(len(held) == 1 for held in snapshot.chunk_ids().values())
    assert index_store.check().equal


def test_the_same_passages_are_hit_as_with_the_embedded_index(configured: Settings) -> None:
    publish(*(article(f"{number}", text) for number, text in enumerate(TEXTS)))
    index_store.rebuild()
    questions = ["过流电机怎么办", "motor overcurrent", "E203", "发票"]

    def hits() -> list[list[str]]:
        with db.read_session() as session:
            return [[hit.title for hit in search(session, ANONYMOUS, one).hits] for one in questions]

    here = hits()
    use_settings(configured.model_copy(update={"index": "embedded"}))
    there = hits()
    use_settings(configured)
    assert [found[0] for found in here] == [found[0] for found in there]
    assert [set(found) for found in here] == [set(found) for found in there]


def test_rebuilding_while_others_search_never_shows_less(configured: Settings) -> None:
    publish(*(article(f"{number}", "过流 保护") for number in range(20)))
    index_store.catch_up()
    stop, counts = threading.Event(), []

    def keep_searching() -> None:
        while not stop.is_set():
            with db.read_session() as session:
                counts.append(len(search(session, ANONYMOUS, "过流保护", top_k=50).hits))

    searcher = threading.Thread(target=keep_searching)
    searcher.start()
    for _ in range(3):
        index_store.rebuild()
    stop.set()
    searcher.join()
    assert set(counts) == {20}


def test_a_benchmark_gets_an_index_beside_the_one_that_serves(
    uri: str, configured: Settings, tmp_path: Path
) -> None:
    publish(article("甲", "过流"))
    index_store.catch_up()
    folder = write(tmp_path / "bench", CORPUS, QUERIES, judged())
    report = evaluate(folder)
    assert report.group_figures()
    client = pytest.importorskip("pymilvus").MilvusClient(uri)
    assert not [name for name in client.list_collections() if name.startswith("beside_")]
    assert index_store.check().equal
