"""Search: one path for chat, search page, context engine, console, command line and evaluation.

    search(session, viewer, query, top_k=…, filters=…, system=…, explain=…) -> SearchResult

What a viewer may not read is filtered inside both legs and once more when hits are read from the
database, so a hit is always live and always allowed, however old the index is.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from foundation.access import Viewer
from foundation.db import ReadSession
from foundation.settings import get_settings
from kb import audience
from kb import service as kb
from kb.types import Chunk
from models.registry import reranker as build_reranker
from retrieval import index_store, passages, ranking, reranking
from retrieval.analyzer import AnalyzedQuery, analyze_query
from retrieval.explaining import Teller
from retrieval.index import Scope
from retrieval.ranking import Ranked
from retrieval.relevance import Floor
from retrieval.rescue import rescue
from retrieval.twins import Found, Group, grouped
from retrieval.types import Explanation, Filters, Hit, SearchResult, System, Twin

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
    collapse: bool = True,
) -> SearchResult:
    """The passages that answer `query` best, at most `top_k`, among what `viewer` may read.

    Any text is a valid query, an empty one finds nothing; nothing in it is read as query syntax. A question
    about nothing here finds nothing either (`retrieval.relevance`). With `collapse`, of passages that say the
    same one is shown. Raises IndexNotReadyError while the first index of a large knowledge base is being built.
    """
    started = time.perf_counter()
    snapshot = index_store.fresh(session)
    embedder = passages.current_embedder()
    scope = Scope(audience.readable(viewer, snapshot.audiences), filters)
    analyzed = rescue(analyze_query(query, snapshot.lexicon), snapshot, scope, embedder)
    floor = Floor(analyzed, snapshot, embedder)
    top_k = max(0, min(top_k, _MAX_TOP_K))
    candidates = max(get_settings().retrieval.candidates, 2 * top_k)
    ranked = ranking.rank(snapshot, analyzed, scope, System(system), candidates, floor.is_noise)
    groups, is_late = _ordered(
        _readable(session, viewer, ranked, top_k), analyzed.text, top_k, collapse=collapse
    )
    tell = Teller(analyzed, snapshot.lexicon, filters, reranker_is_late=is_late) if explain else None
    hits = tuple(_grouped_hit(place, group, query, tell) for place, group in enumerate(groups[:top_k], 1))
    took_ms = (time.perf_counter() - started) * 1000
    words = tuple(term.text for term in analyzed.terms)
    return SearchResult(hits, took_ms, analyzed.lang, words, analyzed.rescued, floor.withheld)


def _ordered(found: Iterator[Found], query: str, top_k: int, *, collapse: bool) -> tuple[list[Group], bool]:
    """The first groups of twins in the order of the reranker, if there is one and it is done in time.

    The second value says that it was not.
    """
    settings = get_settings()
    reranker = build_reranker(settings.reranker)
    size = max(top_k, reranking.READ_AT_MOST) if reranker and top_k else top_k
    groups = grouped(found, size) if collapse else [Group(one) for one in islice(found, size)]
    if reranker is None or not groups:
        return groups, False
    read, rest = groups[: reranking.READ_AT_MOST], groups[reranking.READ_AT_MOST :]
    texts = [
        passages.passage_text(chunk.title, chunk.heading_path, chunk.text)
        for chunk in (group.best.chunk for group in read)
    ]
    timeout_s = settings.retrieval.rerank_timeout_ms / 1000
    scores = reranking.scores(reranker, query, texts, timeout_s)
    if scores is None:
        return groups, True
    for group, score in zip(read, scores, strict=True):
        group.reranked = score
    return sorted(read, key=lambda group: -(group.reranked or 0.0)) + rest, False


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
    session: ReadSession, viewer: Viewer, ranked: Iterator[Ranked], at_once: int
) -> Iterator[Found]:
    """The entries the database confirms as live and readable, read in parts."""
    while at_once > 0 and (part := list(islice(ranked, at_once))):
        chunks = kb.chunks(session, viewer, [entry.chunk_id for entry in part])
        yield from (Found(entry, chunks[entry.chunk_id]) for entry in part if entry.chunk_id in chunks)


def _grouped_hit(place: int, group: Group, query: str, tell: Teller | None) -> Hit:
    """The hit that stands for a group of twins, in the place and with the score of the best of them."""
    shown = group.shown(query)
    collapsed = tuple(
        Twin(chunk.id, chunk.article_id, chunk.title, chunk.product_version, chunk.collection)
        for chunk in (one.chunk for one in group.members)
        if chunk.id != shown.chunk.id
    )
    why = tell(shown, group, collapsed) if tell else None
    return replace(_to_hit(place, shown.entry, shown.chunk, why), score=group.score, collapsed=collapsed)


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
