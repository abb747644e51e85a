"""What rules do: each action whole or not at all, and none tells a secret."""

from __future__ import annotations

import numpy as np
import pytest

import kb.service as kb
from foundation.access import SYSTEM
from foundation.db import read_session, write_session
from kb.types import ArticleKind, ChunkKind, Locator, NewArticle, NewChunk, NewSource
from tests.ticketing.desk import MIA, SAM, VERA
from tests.ticketing.rule_desk import a_ticket, made, news_of, outcomes, seen, simple
from ticketing import directory, rules
from ticketing.directory_types import NewPerson
from ticketing.rule_types import Outcome
from ticketing.types import (
    Visibility,
)

pytestmark = pytest.mark.usefixtures("rules_at_work")


# Other triggers and actions


def test_a_new_ticket_is_changed_assigned_and_noted_in_the_name_of_the_rule() -> None:
    spec = simple(
        "ticket_created",
        {"do": "set", "priority": "urgent", "queue": "bills"},
        {"do": "assign", "to": "account_manager"},
        {"do": "note", "text": "look at {number}"},
    )
    made(spec)
    ticket = seen(a_ticket(VERA))
    assert (ticket.priority, ticket.queue.slug, ticket.assignee and ticket.assignee.name) == (
        "urgent",
        "bills",
        "Ann",
    )
    assert ticket.clocks[0].target_minutes == 5  # promised anew
    (note,) = [one for one in ticket.messages if one.visibility is Visibility.INTERNAL]
    assert note.text == f"look at {ticket.number}"
    changed = next(one for one in ticket.history if one.event == "priority_changed")
    assert changed.actor == "⚙ ticket_created"


def test_an_action_that_is_refused_undoes_itself_alone_and_is_counted() -> None:
    spec = simple(
        "ticket_created",
        {"do": "set", "priority": "urgent", "queue": "no-such-queue"},
        {"do": "notify", "to": ["managers"], "text": "new"},
    )
    rule_id = made(spec)
    ticket = seen(a_ticket())
    assert ticket.priority == "normal"
    assert len(news_of(MIA)) == 1
    with read_session() as session:
        (run,) = rules.runs(session, rule_id)
        counts = rules.rule(session, rule_id).counts
    assert (run.outcome, [one["ok"] for one in run.actions]) == (Outcome.FAILED, [False, True])
    assert run.error is not None and "unknown_slug" in run.error
    assert (counts.looked, counts.acted, counts.failed) == (1, 0, 1)


def test_a_rule_tells_customers_nothing_by_notification() -> None:
    rule_id = made(simple("ticket_created", {"do": "notify", "to": [SAM], "text": "internal"}))
    a_ticket()
    assert outcomes(rule_id) == [Outcome.FAILED]
    assert news_of(SAM) == []


# Articles


def article_for(audience: str) -> int:
    with write_session() as session:
        collection = kb.ensure_collection(session, "help")
        chunk = NewChunk(
            text="Vent the pump first.", heading_path=(), locator=Locator(uri="a.md"), kind=ChunkKind.TEXT
        )
        new = NewArticle(
            key=audience,
            title="Venting",
            lang="en",
            kind=ArticleKind.GUIDE,
            audience=audience,
            chunks=(chunk,),
        )
        source = NewSource(uri=f"{audience}.md", content_hash=audience, pipeline_version="1")
        vectors = {chunk.hash("Venting"): np.zeros(4, np.float32).tobytes()}
        kb.publish_source(session, collection.id, source, [new], vectors, "fake:4")
        found, _ = kb.articles(session, SYSTEM, kb.ArticleFilter())
        return next(one.id for one in found if one.audience == audience)


@pytest.mark.parametrize(
    ("audience", "requester", "is_pushed"),
    [
        ("public", SAM, True),
        ("public", None, True),
        ("signed-in", SAM, True),
        ("signed-in", None, False),
        ("tier:vip", VERA, True),
        ("tier:vip", SAM, False),
        ("company:acme", VERA, True),
        ("company:acme", SAM, False),
        ("staff", SAM, False),
        ("department:lab", VERA, False),
    ],
)
def test_an_article_is_pushed_only_to_those_who_may_read_it(
    audience: str, requester: str | None, is_pushed: bool
) -> None:
    article_id = article_for(audience)
    rule_id = made(simple("ticket_created", {"do": "article", "article": article_id, "text": "Read this:"}))
    ticket = seen(a_ticket(requester))
    told = [one for one in ticket.messages if "Venting" in one.text]
    assert bool(told) is is_pushed
    assert outcomes(rule_id) == [Outcome.ACTED if is_pushed else Outcome.FAILED]


def test_an_article_for_one_department_is_not_pushed_where_the_whole_company_looks() -> None:
    article_id = article_for("department:lab")
    with write_session() as session:
        person = NewPerson(email=VERA, name="Vera", company="acme", locale="en", department="lab")
        directory.upsert_person(session, person)
    rule_id = made(simple("ticket_created", {"do": "article", "article": article_id}))
    a_ticket(VERA)
    assert outcomes(rule_id) == [Outcome.FAILED]
