"""Several writers at once: only PostgreSQL lets them meet, so there these tests say the most."""

from __future__ import annotations

import threading
from collections.abc import Callable

from foundation.access import SYSTEM
from foundation.db import read_session, write_session
from foundation.settings import Settings
from kb import gaps, glossary
from kb import service as kb
from kb.repository import ArticleFilter
from kb.types import GapState
from tests.kb.test_publishing import article, publish

WRITERS = 6


def all_at_once(work: Callable[[int], None]) -> list[BaseException]:
    """Run `work` in threads that start together; returns what they raised."""
    errors: list[BaseException] = []
    together = threading.Barrier(WRITERS)

    def run(number: int) -> None:
        together.wait()
        try:
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_sources_with_the_same_texts_are_published_at_once_into_an_empty_base(settings: Settings) -> None:
    with write_session() as session:
        kb.ensure_collection(session, "docs")
    texts = [f"same {number}" for number in range(40)]

    def work(number: int) -> None:
        with write_session() as session:
            mine = texts if number % 2 else texts[::-1]
            publish(session, article("a", *mine), uri=f"{number}.md")

    assert all_at_once(work) == []
    with read_session() as session:
        assert kb.last_sequence(session) == WRITERS
        assert [change.sequence for change in kb.changes_after(session, 0)] == list(range(1, WRITERS + 1))


def test_a_question_many_ask_at_once_is_one_gap_with_every_asking_counted(settings: Settings) -> None:
    def work(_number: int) -> None:
        for _ in range(5):
            with write_session() as session:
                gaps.record(session, "Why  is it so?", "en")

    assert all_at_once(work) == []
    with read_session() as session:
        [found] = gaps.gaps(session)
    assert (found.question, found.times_asked) == ("Why  is it so?", WRITERS * 5)


def test_a_gap_asked_again_opens_if_it_was_resolved_and_not_if_it_is_ignored(settings: Settings) -> None:
    for state, after in ((GapState.RESOLVED, GapState.OPEN), (GapState.IGNORED, GapState.IGNORED)):
        with write_session() as session:
            gaps.record(session, f"why {state}", "en")
            [found] = [gap for gap in gaps.gaps(session) if gap.question == f"why {state}"]
            gaps.set_state(session, found.id, state)
        with write_session() as session:
            gaps.record(session, f"why {state}", "en")
        with read_session() as session:
            [found] = [gap for gap in gaps.gaps(session) if gap.question == f"why {state}"]
        assert (found.state, found.times_asked) == (after, 2)


def test_writers_that_need_the_same_collection_share_it(settings: Settings) -> None:
    made: list[int] = []

    def work(_number: int) -> None:
        with write_session() as session:
            made.append(kb.ensure_collection(session, "shared", "Shared").id)

    assert all_at_once(work) == []
    assert len(set(made)) == 1


def test_writers_of_one_source_follow_each_other_and_the_last_one_holds(settings: Settings) -> None:
    with write_session() as session:
        kb.ensure_collection(session, "docs")

    def work(number: int) -> None:
        with write_session() as session:
            publish(session, article("a", f"text of writer {number}"), uri="same.md")

    assert all_at_once(work) == []
    with read_session() as session:
        (source,) = kb.sources(session, kb.collection_ids(session, ["docs"])["docs"]).values()
        assert kb.source_counts(session, source.id) == (1, 1)
        (found,) = kb.articles(session, SYSTEM, ArticleFilter())[0]
        assert found.version == WRITERS


def test_a_term_that_many_add_at_once_is_one_term(settings: Settings) -> None:
    def work(number: int) -> None:
        with write_session() as session:
            glossary.put(session, "servo", "en", [f"word {number}"])

    assert all_at_once(work) == []
    with read_session() as session:
        assert len(glossary.terms(session)) == 1
