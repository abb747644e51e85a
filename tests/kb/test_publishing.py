from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event

from foundation.access import ANONYMOUS, Role, Viewer
from foundation.db import WriteSession, read_session, write_session
from foundation.settings import Settings
from kb import service as kb
from kb.errors import ArticleNotFoundError
from kb.types import Locator, NewArticle, NewChunk, NewSource, Published

STAFF = Viewer(person_id=9, role=Role.EDITOR)


def article(key: str, *texts: str, title: str = "Reset", audience: str = "public") -> NewArticle:
    chunks = tuple(NewChunk(text=text, locator=Locator(f"{key}.md"), lang="en") for text in texts)
    return NewArticle(key=key, title=title, chunks=chunks, lang="en", audience=audience)


def publish(session: WriteSession, *articles: NewArticle, uri: str = "guide.md") -> Published:
    shelf = kb.ensure_collection(session, "docs")
    source = NewSource(
        uri=uri, content_hash=repr([one.content_hash() for one in articles]), pipeline_version="1"
    )
    vectors = {chunk.hash(one.title): b"\0\0" for one in articles for chunk in one.chunks}
    return kb.publish_source(session, shelf.id, source, articles, vectors, "fake:1")


def ids_by_text(session: WriteSession, article_id: int) -> dict[str, int]:
    return {chunk.text: chunk.id for chunk in kb.article_chunks(session, STAFF, article_id)}


def test_a_chunk_keeps_its_id_when_text_around_it_changes(session: WriteSession) -> None:
    first = publish(session, article("a", "one", "two", "three"))
    before = ids_by_text(session, first.changed_articles[0])
    publish(session, article("a", "zero", "two", "one", "three!"))
    after = ids_by_text(session, first.changed_articles[0])
    assert {key: after[key] for key in ("one", "two")} == {key: before[key] for key in ("one", "two")}
    assert after["three!"] not in before.values()
    assert list(after) == ["zero", "two", "one", "three!"]


def test_chunk_ids_are_never_given_twice(session: WriteSession) -> None:
    first = publish(session, article("a", "one"))
    old = ids_by_text(session, first.changed_articles[0])["one"]
    publish(session, article("a", "two"))
    assert ids_by_text(session, first.changed_articles[0])["two"] != old


def test_publishing_the_same_again_changes_nothing(session: WriteSession) -> None:
    publish(session, article("a", "one"))
    again = publish(session, article("a", "one"))
    assert again.changed_articles == () and again.retired_articles == ()
    assert again.sequence == 1


def test_an_article_missing_from_its_source_is_retired_and_comes_back(session: WriteSession) -> None:
    first = publish(session, article("a", "one"), article("b", "two"))
    second = publish(session, article("a", "one"))
    gone = set(first.changed_articles) - {first.changed_articles[0]}
    assert set(second.retired_articles) == gone and second.articles == 1
    with pytest.raises(ArticleNotFoundError):
        kb.article(session, ANONYMOUS, second.retired_articles[0])
    third = publish(session, article("a", "one"), article("b", "two"))
    assert third.changed_articles == second.retired_articles


def test_what_an_editor_deleted_stays_deleted_when_its_source_is_read_again(session: WriteSession) -> None:
    article_id = publish(session, article("a", "one")).changed_articles[0]
    kb.delete_article(session, article_id)
    publish(session, article("a", "one, reworded"))
    with pytest.raises(ArticleNotFoundError):
        kb.article(session, ANONYMOUS, article_id)
    kb.restore_article(session, article_id)
    assert kb.article(session, ANONYMOUS, article_id).title == "Reset"


def test_retired_chunks_are_gone_from_every_read(session: WriteSession) -> None:
    made = publish(session, article("a", "one"))
    ids = list(ids_by_text(session, made.changed_articles[0]).values())
    kb.retire_source(session, made.source_id)
    assert kb.chunks(session, STAFF, ids) == {}
    assert kb.index_rows(session, "fake:1", made.changed_articles) == []
    assert kb.live_chunk_ids(session) == set()


def test_every_change_appears_once_in_the_log_in_order(session: WriteSession) -> None:
    first = publish(session, article("a", "one"), article("b", "two"))
    publish(session, article("a", "one"))
    entries = kb.changes_after(session, 0)
    assert [entry.sequence for entry in entries] == [1, 2, 3]
    assert [entry.article_id for entry in entries] == [*first.changed_articles, first.changed_articles[1]]
    assert kb.last_sequence(session) == 3


def test_a_reader_sees_the_old_version_until_the_commit(settings: Settings) -> None:
    with write_session() as session:
        article_id = publish(session, article("a", "old")).changed_articles[0]
    with write_session() as writer:
        publish(writer, article("a", "new"))
        writer.flush()
        with read_session() as reader:
            assert [chunk.text for chunk in kb.article_chunks(reader, ANONYMOUS, article_id)] == ["old"]
    with read_session() as reader:
        assert [chunk.text for chunk in kb.article_chunks(reader, ANONYMOUS, article_id)] == ["new"]


def test_a_viewer_reads_only_what_its_audience_allows(session: WriteSession) -> None:
    made = publish(session, article("a", "open"), article("b", "hidden", audience="tier:vip"))
    shown, hidden = made.changed_articles
    vip = Viewer(person_id=1, tier="vip")
    assert kb.article(session, vip, hidden).id == hidden
    assert kb.article(session, ANONYMOUS, shown).id == shown
    with pytest.raises(ArticleNotFoundError):
        kb.article_chunks(session, ANONYMOUS, hidden)
    every = kb.live_chunk_ids(session)
    assert [chunk.text for chunk in kb.chunks(session, ANONYMOUS, every).values()] == ["open"]
    listed, total = kb.articles(session, ANONYMOUS, kb.ArticleFilter())
    assert [one.id for one in listed] == [shown] and total == 1
    assert kb.readable_audiences(session, ANONYMOUS) == {"public"}


def test_all_index_rows_gives_every_live_chunk_once_in_small_batches(session: WriteSession) -> None:
    publish(session, article("a", *[f"text {n}" for n in range(7)]))
    batches = list(kb.all_index_rows(session, "fake:1", batch=3))
    texts = [row.chunk.text for batch in batches for row in batch]
    assert texts == [f"text {n}" for n in range(7)] and len(batches) == 3
    assert all(row.embedding == b"\0\0" for batch in batches for row in batch)


def test_a_chunk_is_read_with_those_after_it(session: WriteSession) -> None:
    first = publish(session, article("a", "one", "two", "three", "four"), article("b", "x"), uri="a.md")
    ids = ids_by_text(session, first.changed_articles[0])
    secret = publish(session, article("c", "hidden", audience="staff"), uri="c.md")
    hidden = ids_by_text(session, secret.changed_articles[0])["hidden"]
    found = kb.chunks_from(session, ANONYMOUS, [ids["two"], ids["four"], hidden], 2)
    texts = {key: [chunk.text for chunk in read] for key, read in found.items()}
    assert texts == {ids["two"]: ["two", "three"], ids["four"]: ["four"]}


def test_an_article_is_found_in_another_language_as_far_as_it_may_be_read(session: WriteSession) -> None:
    told = {"translation_key": "reset"}
    chinese = NewChunk(text="复位", locator=Locator("zh.md"), lang="zh")
    later = NewChunk(text="长按", locator=Locator("zh.md"), lang="zh")
    english = replace(article("en", "reset"), **told)
    public = NewArticle(key="zh", title="复位", chunks=(chinese, later), lang="zh", **told)
    staff = replace(public, key="zh2", audience="staff")
    alone = article("alone", "no other")
    done = publish(session, english, public, staff, alone)
    ids = done.changed_articles
    found = kb.translated(session, ANONYMOUS, ids, "zh")
    assert {key: (one.article_id, one.text) for key, one in found.items()} == {ids[0]: (ids[1], "复位")}
    assert kb.translated(session, ANONYMOUS, ids, "en").keys() == {ids[1], ids[2]}
    kb.delete_article(session, ids[1])
    assert kb.translated(session, ANONYMOUS, ids[:1], "zh") == {}


def test_several_sources_are_published_in_as_many_statements_as_one(session: WriteSession) -> None:
    shelf = kb.ensure_collection(session, "docs")

    def told(numbers: range) -> list[tuple[NewSource, list[NewArticle]]]:
        return [
            (
                NewSource(uri=f"{number}.md", content_hash="x", pipeline_version="1"),
                [article("page", f"text {number}", title=f"Page {number}")],
            )
            for number in numbers
        ]

    def counted(numbers: range) -> int:
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            statements.append(statement)

        event.listen(session.connection(), "before_cursor_execute", note)
        kb.publish_sources(session, shelf.id, told(numbers), {}, "fake:1")
        event.remove(session.connection(), "before_cursor_execute", note)
        return len(statements)

    kb.publish_sources(session, shelf.id, told(range(1)), {}, "fake:1")  # the very first makes a counter too
    assert counted(range(1, 2)) == counted(range(2, 30))
    titles = {found.title for found in kb.articles(session, STAFF, kb.ArticleFilter(), limit=100)[0]}
    assert titles == {f"Page {number}" for number in range(30)}


def test_each_of_several_sources_loses_only_its_own_articles(session: WriteSession) -> None:
    shelf = kb.ensure_collection(session, "docs")
    one, two = (NewSource(uri=uri, content_hash="x", pipeline_version="1") for uri in ("b.md", "a.md"))
    kb.publish_sources(
        session,
        shelf.id,
        [(one, [article("x", "1"), article("y", "2")]), (two, [article("x", "3"), article("y", "4")])],
        {},
        "fake:1",
    )
    first, second = kb.publish_sources(
        session,
        shelf.id,
        [(one, [article("x", "1")]), (two, [article("x", "5"), article("y", "4")])],
        {},
        "fake:1",
    )
    assert (first.articles, first.chunks, len(first.changed_articles), len(first.retired_articles)) == (
        1,
        1,
        0,
        1,
    )
    assert (second.articles, second.chunks, len(second.changed_articles), len(second.retired_articles)) == (
        2,
        2,
        1,
        0,
    )
