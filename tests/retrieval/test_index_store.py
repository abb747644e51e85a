from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from foundation import db
from foundation.access import ANONYMOUS, SYSTEM
from foundation.settings import Settings, use_settings
from kb import service as kb
from retrieval import index_store, passages
from retrieval.embedded import EmbeddedIndex
from retrieval.errors import UnknownIndexError
from retrieval.service import search
from tests.retrieval.knowledge import article, publish


def titles(query: str) -> list[str]:
    with db.read_session() as session:
        return [hit.title for hit in search(session, ANONYMOUS, query, top_k=50).hits]


def test_an_empty_knowledge_base_has_an_index_that_finds_nothing(settings: Settings) -> None:
    assert titles("过流") == []
    assert index_store.check().equal


def test_a_search_sees_every_commit_before_it(settings: Settings) -> None:
    for number in range(1, 12):
        publish(article(f"{number}", f"过流 保护 {number}"))
        assert len(titles("过流保护")) == number
    assert index_store.check().equal


def test_changed_and_vanished_articles_follow_their_source(settings: Settings) -> None:
    publish(article("甲", "过流 保护"), article("乙", "过流 动作"), uri="one.md")
    assert set(titles("过流")) == {"甲", "乙"}
    publish(article("甲", "欠压 保护"), uri="one.md")
    assert titles("动作") == titles("欠压") == ["甲"]
    report = index_store.check()
    assert report.equal and report.chunks == 1


def test_catching_up_with_no_news_changes_nothing(settings: Settings) -> None:
    publish(article("甲", "过流"))
    reached = index_store.catch_up()
    before = (settings.index_dir / "manifest.json").read_bytes()
    assert index_store.catch_up() == reached
    assert (settings.index_dir / "manifest.json").read_bytes() == before


def test_what_another_process_ingested_is_found(settings: Settings) -> None:
    publish(article("甲", "过流"))
    assert titles("过流") == ["甲"]
    code = (
        "from pathlib import Path\n"
        "from foundation.settings import Settings, use_settings\n"
        f"use_settings(Settings(_env_file=None, data_dir=Path({str(settings.data_dir)!r}), "
        f"database_url={settings.database_url!r}, embedder='fake:16'))\n"
        "from tests.retrieval.knowledge import article, publish\n"
        "from retrieval import index_store\n"
        "publish(article('乙', '过流'))\n"
        "print(index_store.catch_up())\n"
    )
    root = Path(__file__).parent.parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, check=True, capture_output=True, text=True)
    assert int(done.stdout.split()[-1]) == 2
    assert set(titles("过流")) == {"甲", "乙"}


def test_a_second_reader_follows_the_first(settings: Settings) -> None:
    publish(article("甲", "过流"))
    titles("过流")
    other = EmbeddedIndex(settings.index_dir)
    assert other.snapshot() is not None
    publish(article("乙", "过流"))
    titles("过流")
    snapshot = other.snapshot()
    assert snapshot is not None
    assert snapshot.sequence == 2 and len(snapshot.chunk_ids()["vector"]) == 2


def test_a_damaged_index_is_built_anew(settings: Settings) -> None:
    publish(article("甲", "过流"), article("乙", "过压"))
    assert titles("过流")[0] == "甲"
    damaged = next(settings.index_dir.rglob("*.faiss"))
    damaged.write_bytes(damaged.read_bytes()[:10])
    index_store._indexes.clear()  # as a process that starts now
    assert titles("过流")[0] == "甲"
    assert index_store.check().equal


FILES = [
    *("*.del", "*.fast", "*.fieldnorm", "*.idx", "*.pos", "*.store", "*.term", "meta.json", ".managed.json"),
    *("*.dead*.npy", "*.faiss", "*.npz", "*.tokens.npy", "manifest.json"),
]


@pytest.mark.parametrize("damage", ["truncate", "flip", "remove"])
def test_whatever_file_is_damaged_search_and_index_are_right_again(settings: Settings, damage: str) -> None:
    kept = [article(f"{one}", "过流 保护") for one in range(6)]
    for number, pattern in enumerate(FILES):
        index_store.current().drop()
        publish(*kept, article("changed", f"过流 保护 {number}"), uri="one.md")
        titles("过流")
        publish(*kept, article("changed", f"过流 动作 {number}"), uri="one.md")
        assert len(titles("过流 动作")) == 7
        path = next(path for path in settings.index_dir.rglob(pattern) if path.stat().st_size)
        whole = path.read_bytes()
        path.unlink()
        if damage == "truncate":
            path.write_bytes(whole[: len(whole) // 2])
        elif damage == "flip":
            middle = len(whole) // 2
            path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :])
        index_store._indexes.clear()  # as a process that starts now
        assert len(titles("过流 动作")) == 7, pattern
        assert index_store.check().equal, pattern


def test_a_dropped_index_is_built_anew(settings: Settings) -> None:
    publish(article("甲", "过流"))
    titles("过流")
    index_store.current().drop()
    assert titles("过流") == ["甲"]


def test_another_embedder_means_another_index_with_its_own_embeddings(settings: Settings) -> None:
    publish(article("甲", "过流"))
    assert titles("过流") == ["甲"]
    use_settings(settings.model_copy(update={"embedder": "fake:32"}))
    assert titles("过流") == ["甲"]
    snapshot = index_store.current().snapshot()
    assert snapshot is not None and snapshot.identity.dim == 32
    with db.read_session() as session:
        [rows] = list(kb.all_index_rows(session, passages.embedder_spec()))
    assert all(row.embedding is not None and len(row.embedding) == 64 for row in rows)


def test_articles_published_without_embeddings_get_them(settings: Settings) -> None:
    publish(article("甲", "过流 保护"), embed=False)
    assert titles("过流保护") == ["甲"]
    with db.read_session() as session:
        [rows] = list(kb.all_index_rows(session, passages.embedder_spec()))
    assert [row.embedding for row in rows] == passages.embed_chunks(
        [passages.passage_text("甲", (), "过流 保护")]
    )


def test_an_index_ahead_of_its_database_is_built_anew(settings: Settings) -> None:
    publish(article("甲", "过流"))
    titles("过流")
    with index_store.current().writing(1.0) as writer:
        writer.apply([], set(), 10_000, writer.lexicon)
    index_store.catch_up()
    snapshot = index_store.current().snapshot()
    assert snapshot is not None and snapshot.sequence == 1
    assert titles("过流") == ["甲"]


def test_rebuilding_while_others_search_never_shows_less(settings: Settings) -> None:
    publish(*(article(f"{number}", "过流 保护") for number in range(20)))
    titles("过流")
    stop, counts = threading.Event(), []

    def keep_searching() -> None:
        while not stop.is_set():
            counts.append(len(titles("过流保护")))

    searcher = threading.Thread(target=keep_searching)
    searcher.start()
    for _ in range(3):
        index_store.rebuild()
    stop.set()
    searcher.join()
    assert set(counts) == {20}


def test_check_names_what_is_missing_and_what_is_too_much(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted, _kept = publish(article("甲", "过流"), article("乙", "过压"))
    index_store.catch_up()
    monkeypatch.setattr(index_store, "catch_up", lambda: 0)
    [gone] = publish(article("丙", "欠压"))
    with db.write_session() as session:
        [missing] = kb.article_chunks(session, SYSTEM, gone)
        [extra] = kb.article_chunks(session, SYSTEM, deleted)
        kb.delete_article(session, deleted)
    report = index_store.check()
    assert not report.equal
    assert (report.missing, report.extra) == (1, 1)
    assert report.missing_ids == (missing.id,) and report.extra_ids == (extra.id,)


def test_an_unknown_index_is_refused(settings: Settings) -> None:
    use_settings(settings.model_copy(update={"index": "nonsense:"}))
    with pytest.raises(UnknownIndexError):
        index_store.current()
