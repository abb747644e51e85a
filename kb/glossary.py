"""The glossary: words of the vendor that search keeps whole, and other words customers use for them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from foundation.db import ReadSession, WriteSession
from foundation.errors import InvalidInputError
from kb import publishing
from kb.errors import TermNotFoundError
from kb.tables import GlossaryTable
from kb.types import GlossaryTerm

NO_ARTICLE = 0  # what the change log names when the glossary changed, so that indexes hear of it


def terms(session: ReadSession) -> list[GlossaryTerm]:
    """All terms in alphabetical order."""
    rows = session.scalars(select(GlossaryTable).order_by(GlossaryTable.term, GlossaryTable.lang))
    return [_to_term(row) for row in rows]


def put(session: WriteSession, term: str, lang: str, synonyms: Sequence[str]) -> GlossaryTerm:
    """Add a term, or replace the synonyms it has. Raises InvalidInputError for an empty term."""
    term = term.strip()
    if not term or lang not in {"zh", "en"}:
        raise InvalidInputError("a term needs text and a language, zh or en")
    wanted = select(GlossaryTable).where(GlossaryTable.term == term, GlossaryTable.lang == lang)
    row = session.scalar(wanted)
    if row is None:
        first = {"term": term, "lang": lang, "synonyms": []}
        session.execute(publishing.insert_new(session, GlossaryTable).values(first))
        row = session.scalars(wanted).one()
    row.synonyms = sorted({word.strip() for word in synonyms if word.strip()} - {term})
    session.flush()
    publishing.record_changes(session, [NO_ARTICLE])
    return _to_term(row)


def remove(session: WriteSession, term_id: int) -> None:
    """Remove a term. Raises TermNotFoundError."""
    row = session.get(GlossaryTable, term_id)
    if row is None:
        raise TermNotFoundError(term_id)
    session.delete(row)
    publishing.record_changes(session, [NO_ARTICLE])


def _to_term(row: GlossaryTable) -> GlossaryTerm:
    return GlossaryTerm(row.id, row.term, row.lang, tuple(row.synonyms))
