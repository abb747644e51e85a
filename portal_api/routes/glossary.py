"""The glossary: the vendor's own words and other words customers use for them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from kb import glossary
from kb.types import GlossaryTerm
from portal_api.dependencies import AsEditor, InTransaction, Reading

router = APIRouter(prefix="/api/v1", tags=["glossary"])


class TermIn(BaseModel):
    """A term and its synonyms; saying a term again replaces its synonyms."""

    term: Annotated[str, Field(min_length=1, max_length=100)]
    lang: Annotated[str, Field(pattern="^(zh|en)$")]
    synonyms: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=50)] = []


class TermOut(BaseModel):
    """A term of the glossary."""

    id: int
    term: str
    lang: str
    synonyms: list[str]


class TermsOut(BaseModel):
    """All terms."""

    items: list[TermOut]
    total: int


def _out(term: GlossaryTerm) -> TermOut:
    return TermOut(id=term.id, term=term.term, lang=term.lang, synonyms=list(term.synonyms))


@router.get("/glossary")
def list_terms(_editor: AsEditor, session: Reading) -> TermsOut:
    """All terms in alphabetical order."""
    items = [_out(term) for term in glossary.terms(session)]
    return TermsOut(items=items, total=len(items))


@router.post("/glossary", status_code=201)
def put_term(body: TermIn, _editor: AsEditor, session: InTransaction) -> TermOut:
    """Add a term or replace its synonyms; search follows at once."""
    return _out(glossary.put(session, body.term, body.lang, body.synonyms))


@router.delete("/glossary/{term_id}", status_code=204)
def remove_term(term_id: int, _editor: AsEditor, session: InTransaction) -> None:
    """Remove a term."""
    glossary.remove(session, term_id)
