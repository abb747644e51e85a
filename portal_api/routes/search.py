"""Search: the one path that chat, pages, console and evaluation use."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from kb.types import ArticleKind
from portal_api.dependencies import CurrentViewer, Reading
from retrieval import service as retrieval
from retrieval.types import Filters

router = APIRouter(prefix="/api/v1", tags=["search"])

QueryText = Annotated[str, Field(max_length=4000)]


class LocatorOut(BaseModel):
    """Where a passage stands in its source; `page` from 1, `box` left, top, right, bottom in points."""

    uri: str
    page: int | None
    box: list[float] | None
    anchor: str | None


class SearchIn(BaseModel):
    """What to look for."""

    query: QueryText
    top_k: Annotated[int, Field(ge=1, le=100)] = 10
    lang: Annotated[str | None, Field(pattern="^(zh|en)$")] = None
    product: str | None = None
    product_version: str | None = None
    collection: str | None = None
    kind: Annotated[str | None, Field(pattern="^(faq|guide|manual)$")] = None
    explain: bool = False


class TwinOut(BaseModel):
    """A passage that says the same as the one shown for it: another edition, or a mirrored page."""

    chunk_id: int
    article_id: int
    title: str
    product_version: str | None
    collection: str


class HitOut(BaseModel):
    """One passage found; scores compare within one result only."""

    rank: int
    score: float
    chunk_id: int
    article_id: int
    title: str
    heading: str
    text: str
    lang: str
    kind: ArticleKind
    product: str | None
    product_version: str | None
    locator: LocatorOut
    collapsed: list[TwinOut]
    explanation: dict[str, Any] | None = None


class CorrectionOut(BaseModel):
    """A word of the question that stands nowhere, and the one that was looked for instead."""

    written: str
    meant: str
    how: Literal["pinyin", "typo", "sound", "shape"]


class SearchOut(BaseModel):
    """Hits, best first."""

    hits: list[HitOut]
    took_ms: float
    rescued: list[CorrectionOut]
    withheld: int  # passages not shown because the question is about nothing here


@router.post("/search")
def search(body: SearchIn, viewer: CurrentViewer, session: Reading) -> SearchOut:
    """Find passages this viewer may read; with `explain`, say why each stands where it stands."""
    filters = Filters(
        lang=body.lang,
        product=body.product,
        product_version=body.product_version,
        collection=body.collection,
        kind=body.kind,
    )
    found = retrieval.search(
        session, viewer, body.query, top_k=body.top_k, filters=filters, explain=body.explain
    )
    return SearchOut.model_validate(found.to_json())
