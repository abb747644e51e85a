"""The context engine: articles for what is being typed right now."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from foundation.db import read_session, write_session
from kb.types import ArticleKind
from portal_api.dependencies import CurrentViewer, InTransaction
from portal_api.routes.search import LocatorOut
from retrieval import context
from retrieval.context import PageContext

router = APIRouter(prefix="/api/v1", tags=["suggestions"])


class ContextIn(BaseModel):
    """What the customer is looking at and has filled in so far."""

    page: Annotated[str, Field(max_length=2000)]
    product: Annotated[str | None, Field(max_length=200)] = None
    step: Annotated[str | None, Field(max_length=200)] = None
    fields: Annotated[dict[str, Any], Field(max_length=200)] = {}
    draft: Annotated[str | None, Field(max_length=20_000)] = None
    locale: Annotated[str, Field(max_length=20)] = "zh"
    limit: Annotated[int, Field(ge=1, le=20)] = 4


class SuggestionOut(BaseModel):
    """An article that may help now; `why` names what it was found by."""

    article_id: int
    chunk_id: int
    title: str
    snippet: str
    kind: ArticleKind
    lang: str
    locator: LocatorOut
    why: list[str]


class CheckItemOut(BaseModel):
    """Something to check by oneself first."""

    text: str
    article_id: int


class SuggestionsOut(BaseModel):
    """Suggested articles and a short self-check; `impression_id` reports which of them was opened."""

    impression_id: str
    articles: list[SuggestionOut]
    checklist: list[CheckItemOut]


class OpenedIn(BaseModel):
    """Which suggestion was opened."""

    article_id: int


@router.post("/suggestions")
def suggest(body: ContextIn, viewer: CurrentViewer) -> SuggestionsOut:
    """The few articles that matter for what is being filled in."""
    page = PageContext(
        page=body.page,
        product=body.product,
        step=body.step,
        fields={name: str(value) for name, value in body.fields.items() if value not in (None, "", False)},
        draft=body.draft,
        locale="en" if body.locale.startswith("en") else "zh",
    )
    # Two transactions: nobody waits to write while this searches.
    with read_session() as reading:
        found = context.suggest(reading, viewer, page, limit=body.limit)
    with write_session() as session:
        impression = context.record_impression(session, viewer, page, found)
    return SuggestionsOut.model_validate({**found.to_json(), "impression_id": impression})


@router.post("/suggestions/{impression_id}/opened", status_code=204)
def opened(impression_id: str, body: OpenedIn, _viewer: CurrentViewer, session: InTransaction) -> None:
    """Say that a suggestion was opened."""
    context.record_opened(session, impression_id, body.article_id)
