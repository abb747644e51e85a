"""Search: one path for chat, search page, context engine, console, command line and evaluation.

    search(session, viewer, query, top_k=…, filters=…, system=…, explain=…) -> SearchResult

What a viewer may not read is filtered inside both legs and once more when hits are read from the
database, so a hit is always live and always allowed, however old the index is.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from foundation.access import Viewer
from foundation.db import ReadSession
from foundation.settings import get_settings
from kb import audience
from kb import service as kb
from kb.types import Chunk
from retrieval import explaining, index_store, ranking
from retrieval.analyzer import AnalyzedQuery, analyze_query
from retrieval.index import Scope
from retrieval.ranking import Ranked
from retrieval.types import Explanation, Filters, Hit, SearchResult, System

_MAX_TOP_K = 200
_NO_FILTERS = Filters()


def search(  # noqa: PLR0913 - the one front door; all but the first three are named and optional
    session: ReadSession,
    viewer: Viewer,
    query: str,
    *,
    top_k: int = 10,
    filters: Filters = _NO_FILTERS,
    system: System | str = System.HYBRID,
    explain: bool = False,
) -> SearchResult:
    """The passages that answer `query` best, at most `top_k`, among what `viewer` may read.

    Any text is a valid query, an empty one finds nothing; nothing in it is read as query syntax.
    Raises IndexNotReadyError while the first index of a large knowledge base is being built.
    """
    started = time.perf_counter()
    snapshot = index_store.fresh(session)
    analyzed = analyze_query(query, snapshot.lexicon)
    scope = Scope(audience.readable(viewer, snapshot.audiences), filters)
    top_k = max(0, min(top_k, _MAX_TOP_K))
    candidates = max(get_settings().retrieval.candidates, 2 * top_k)
    ranked = ranking.rank(snapshot, analyzed, scope, System(system), candidates)
    hits: list[Hit] = []
    for entry, chunk in _readable(session, viewer, ranked, top_k):
        why = explaining.explain(entry, chunk, analyzed, snapshot.lexicon, filters) if explain else None
        hits.append(_to_hit(len(hits) + 1, entry, chunk, why))
    took_ms = (time.perf_counter() - started) * 1000
    return SearchResult(tuple(hits), took_ms, analyzed.lang, tuple(term.text for term in analyzed.terms))


def search_together(
    session: ReadSession, viewer: Viewer, queries: Sequence[str], top_k: int
) -> list[tuple[AnalyzedQuery, list[Hit]]]:
    """Several short questions of one viewer at the price of little more than one; at most `top_k` hits each.

    Each leg looks less far than `search` does, which such small pages do not miss.
    """
    snapshot = index_store.fresh(session)
    analyzed = [analyze_query(query, snapshot.lexicon) for query in queries]
    scope = Scope(audience.readable(viewer, snapshot.audiences), _NO_FILTERS)
    ranked = [found[:top_k] for found in ranking.rank_together(snapshot, analyzed, scope, 3 * top_k)]
    chunks = kb.chunks(session, viewer, {entry.chunk_id for found in ranked for entry in found})
    return [(query, _hits(found, chunks)) for query, found in zip(analyzed, ranked, strict=True)]


def _hits(ranked: Sequence[Ranked], chunks: Mapping[int, Chunk]) -> list[Hit]:
    readable = [entry for entry in ranked if entry.chunk_id in chunks]
    return [_to_hit(place, entry, chunks[entry.chunk_id], None) for place, entry in enumerate(readable, 1)]


def _readable(
    session: ReadSession, viewer: Viewer, ranked: Iterator[Ranked], top_k: int
) -> Iterator[tuple[Ranked, Chunk]]:
    """The first `top_k` entries the database confirms as live and readable."""
    left = top_k
    while left > 0 and (part := list(islice(ranked, top_k))):
        chunks = kb.chunks(session, viewer, [entry.chunk_id for entry in part])
        for entry in part:
            chunk = chunks.get(entry.chunk_id)
            if chunk is not None and left > 0:
                left -= 1
                yield entry, chunk


def _to_hit(place: int, entry: Ranked, chunk: Chunk, why: Explanation | None) -> Hit:
    return Hit(
        rank=place,
        score=entry.score,
        chunk_id=chunk.id,
        article_id=chunk.article_id,
        title=chunk.title,
        heading=chunk.heading,
        text=chunk.text,
        lang=chunk.lang,
        locator=chunk.locator,
        kind=chunk.article_kind,
        product=chunk.product,
        product_version=chunk.product_version,
        collection=chunk.collection,
        markdown=chunk.markdown,
        cosine=entry.cosine,
        late_interaction=entry.late,
        lexical_score=entry.lexical.score if entry.lexical else None,
        explanation=why,
    )
