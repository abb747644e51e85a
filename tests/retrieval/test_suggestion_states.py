"""The right article beside the sample company's forms, as its customers fill them in."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation import jobs
from foundation.access import ANONYMOUS
from foundation.db import read_session, write_session
from foundation.settings import Settings, use_settings
from ingest import service as ingest
from ingest.types import IngestRequest
from retrieval import context
from retrieval.context import PageContext, Suggestions
from tests.retrieval.suggestion_states import STATES, State

KNOWLEDGE = Path(__file__).parents[2] / "examples" / "yanling" / "knowledge"


@pytest.fixture
def yanling(settings: Settings) -> None:
    use_settings(settings.model_copy(update={"embedder": "builtin"}))
    with write_session() as session:
        ingest.start(session, IngestRequest(paths=(str(KNOWLEDGE),)))
    while jobs.run_one():
        pass


def shown(state: State) -> Suggestions:
    page = PageContext(
        page="/portal/form",
        product=state.product,
        step=state.step,
        fields=state.fields,
        draft=state.draft,
        locale=state.locale,
    )
    with read_session() as session:
        return context.suggest(session, ANONYMOUS, page)


def misses(state: State) -> bool:
    titles = [one.title for one in shown(state).articles]
    return not all(any(title.startswith(wanted) for title in titles) for wanted in state.wanted)


@pytest.mark.slow
def test_nine_of_ten_form_states_show_the_article_that_matters(yanling: None) -> None:
    missed = [(state.fields, state.wanted) for state in STATES if misses(state)]
    assert len(missed) <= 0.1 * len(STATES), missed


@pytest.mark.slow
def test_an_invoice_form_has_nothing_to_check_on_a_drive(yanling: None) -> None:
    form = [state for state in STATES if {"变更类型", "Kind of change"} & state.fields.keys()]
    assert [check.text for state in form for check in shown(state).checklist] == []
