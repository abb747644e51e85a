"""Search: the one path that chat, pages, console and evaluation use."""

from __future__ import annotations

from typing import Annotated, Any

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
    collection: str | None = None
    kind: Annotated[str | None, Field(pattern="^(faq|guide|manual)$")] = None
    explain: bool = False


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
    locator: LocatorOut
    explanation: dict[str, Any] | None = None


class SearchOut(BaseModel):
    """Hits, best first."""

    hits: list[HitOut]
    took_ms: float


@router.post("/search")
def search(body: SearchIn, viewer: CurrentViewer, session: Reading) -> SearchOut:
    """Find passages this viewer may read; with `explain`, say why each stands where it stands."""
    filters = Filters(lang=body.lang, product=body.product, collection=body.collection, kind=body.kind)
    found = retrieval.search(
        session, viewer, body.query, top_k=body.top_k, filters=filters, explain=body.explain
    )
    return SearchOut.model_validate(found.to_json())
