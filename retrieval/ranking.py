"""From an analysed query to ranked chunk ids: both legs, shortlist, late interaction, fusion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrieval import fusion, late_interaction, passages
from retrieval.analyzer import AnalyzedQuery
from retrieval.fusion import Parts, Signals
from retrieval.index import Candidate, Detail, Scope, Snapshot
from retrieval.late_interaction import Match
from retrieval.types import LegScore, System

_SHORTLIST: Final = 60  # fused candidates that late interaction looks at
_SHORTLIST_ACROSS: Final = 100  # as many nearest ones where words cannot choose, as no language is shared
_FLOOR: Final = 20  # best of each leg that are always among them
_NO_LEG: Final[dict[int, LegScore]] = {}


class Ranked(NamedTuple):
    """One chunk in the fused order, with all that led there."""

    chunk_id: int
    score: float
    lexical: LegScore | None = None
    vector: LegScore | None = None
    cosine: float | None = None
    late: float | None = None
    same_language: bool = True
    opening: float | None = None
    parts: Parts | None = None  # what each signal added to the score; None beyond the shortlist


IsNoise = Callable[[Sequence[Ranked]], bool]


def rank(
    snapshot: Snapshot,
    query: AnalyzedQuery,
    scope: Scope,
    system: System,
    candidates: int,
    is_noise: IsNoise = lambda _head: False,
) -> Iterator[Ranked]:
    """Chunk ids best first, at least as many as one leg found; deterministic for equal input.

    Nothing where `is_noise` says so of the shortlist of a hybrid search. What lies beyond the shortlist is put
    in order only where somebody reads so far.
    """
    if not query.text.strip():
        return
    lexical = _NO_LEG if system is System.VECTOR else _legs(snapshot.search_lexical(query, scope, candidates))
    if system is System.LEXICAL:
        yield from (Ranked(chunk_id, leg.score, lexical=leg) for chunk_id, leg in lexical.items())
        return
    vector = passages.current_embedder().embed_queries([query.text])[0]
    nearest = _legs(snapshot.search_vector(vector, scope, candidates))
    if system is System.VECTOR:
        for chunk_id, leg in nearest.items():
            yield Ranked(chunk_id, leg.score, vector=leg, cosine=leg.score)
        return
    head = _shortlisted(snapshot, query, vector, lexical, nearest)
    if is_noise(head):
        return
    yield from head
    yield from _tail(head, lexical, nearest)


def rank_together(
    snapshot: Snapshot, queries: Sequence[AnalyzedQuery], scope: Scope, candidates: int
) -> list[list[Ranked]]:
    """The shortlist of a hybrid search for each query, embedded and compared with all vectors at once."""
    asked = [query for query in queries if query.text.strip()]
    if not asked:
        return [[] for _ in queries]
    vectors = passages.current_embedder().embed_queries([query.text for query in asked])
    nearest = snapshot.search_vectors(vectors, scope, candidates)
    found = {
        id(query): _shortlisted(
            snapshot, query, vector, _legs(snapshot.search_lexical(query, scope, candidates)), _legs(near)
        )
        for query, vector, near in zip(asked, vectors, nearest, strict=True)
    }
    return [found.get(id(query), []) for query in queries]


def _legs(found: Sequence[Candidate]) -> dict[int, LegScore]:
    return {one.chunk_id: LegScore(rank, one.score) for rank, one in enumerate(found, start=1)}


def _shortlisted(
    snapshot: Snapshot,
    query: AnalyzedQuery,
    vector: NDArray[np.float32],
    lexical: dict[int, LegScore],
    nearest: dict[int, LegScore],
) -> list[Ranked]:
    listed = fusion.shortlist([list(lexical), list(nearest)], size=_SHORTLIST, floor=_FLOOR)
    details = snapshot.details(vector, listed)
    if _mostly_across(details, query, nearest):
        more = [chunk_id for chunk_id in list(nearest)[:_SHORTLIST_ACROSS] if chunk_id not in details]
        listed += more
        details |= snapshot.details(vector, more)
    late = late_interaction.scores(passages.current_embedder(), query.text, query.lang, details, snapshot)
    known = [chunk_id for chunk_id in listed if chunk_id in details]
    signals = [_signals(chunk_id, details[chunk_id], query, lexical, late) for chunk_id in known]
    best = fusion.best_of(signals)
    parts = {one.chunk_id: fusion.parts_of(one, best) for one in signals}
    scores = {chunk_id: sum(found) for chunk_id, found in parts.items()}
    return [
        Ranked(
            chunk_id,
            scores[chunk_id],
            lexical.get(chunk_id),
            nearest.get(chunk_id),
            details[chunk_id].cosine,
            late[chunk_id].whole if chunk_id in late else None,
            details[chunk_id].lang == query.lang,
            late[chunk_id].opening if chunk_id in late else None,
            parts[chunk_id],
        )
        for chunk_id in fusion.ordered(scores)
    ]


def _mostly_across(details: dict[int, Detail], query: AnalyzedQuery, nearest: dict[int, LegScore]) -> bool:
    """Whether most of the nearest passages are in another language than the query."""
    looked_at = [details[chunk_id] for chunk_id in list(nearest)[:_FLOOR] if chunk_id in details]
    return 2 * sum(detail.lang != query.lang for detail in looked_at) > len(looked_at)


def _signals(
    chunk_id: int,
    detail: Detail,
    query: AnalyzedQuery,
    lexical: dict[int, LegScore],
    late: dict[int, Match],
) -> Signals:
    leg, match = lexical.get(chunk_id), late.get(chunk_id)
    return Signals(
        chunk_id,
        leg.score if leg else None,
        detail.cosine,
        match.whole if match else None,
        detail.lang == query.lang,
        match.opening if match else None,
        len(detail.tokens),
        match.covered if match else None,
    )


def _tail(head: Sequence[Ranked], lexical: dict[int, LegScore], nearest: dict[int, LegScore]) -> list[Ranked]:
    """What the legs found beyond the shortlist, by reciprocal rank, scored below everything on it."""
    seen = {one.chunk_id for one in head}
    last = min((one.score for one in head), default=0.0)
    merged = fusion.reciprocal_rank_fusion([list(lexical), list(nearest)])
    rest = [chunk_id for chunk_id in fusion.ordered(merged) if chunk_id not in seen]
    return [
        Ranked(chunk_id, last - 1.0 + merged[chunk_id], lexical.get(chunk_id), nearest.get(chunk_id))
        for chunk_id in rest
    ]
