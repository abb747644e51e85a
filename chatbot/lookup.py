"""Looking a question up, in each of its readings, and deciding which passage answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from chatbot import named
from chatbot.decide import TOP_K, Decision, Judged, decide, judge
from chatbot.everyday import in_other_words
from chatbot.features import whole_of
from chatbot.understand import codes
from chatbot.words import names_code
from foundation.access import Viewer
from foundation.db import ReadSession
from kb import service as kb
from kb.types import Chunk
from models.embedder import Embedder
from retrieval.passages import current_embedder
from retrieval.service import search
from retrieval.types import Filters, Hit

_DEEP: Final = 4 * TOP_K  # hits for a code alone
_PREFER_READING: Final = 0.1  # a likelier reading may be this much less sure than a later one


@dataclass(frozen=True)
class Found:
    """The reading of the question that did best, and what was decided on it."""

    query: str
    decision: Decision


def look_up(
    session: ReadSession, viewer: Viewer, queries: Sequence[str], *, lang: str, product: str | None
) -> Found:
    """What `viewer` may read about the question; `queries` are its readings, the likeliest first, at least one.

    If none of them finds an answer in the asker's language they are put in other words.
    """
    best: Found | None = None
    for at, query in enumerate(queries):
        found = Found(query, _decide(session, viewer, query, lang, product))
        if best is None or _is_better(found.decision, best.decision, _PREFER_READING if at else 0.0):
            best = found
    if best is None:
        raise ValueError("a question has at least one reading")
    for query in in_other_words(queries[0]) if not _speaks(best.decision, lang) else ():
        found = Found(query, _decide(session, viewer, query, lang, product))
        if _speaks(found.decision, lang) or _is_better(found.decision, best.decision, 0.0):
            best = found
            break
    return replace(best, decision=_in_language(session, viewer, best.decision, lang))


def unknown_codes(session: ReadSession, viewer: Viewer, missing: Sequence[str]) -> list[str]:
    """Those codes that no passage names, also when asked for by themselves: only of them may we say so."""
    return [
        code
        for code in missing
        if not any(names_code(code, whole_of(hit)) for hit in search(session, viewer, code, top_k=TOP_K).hits)
    ]


def _decide(session: ReadSession, viewer: Viewer, query: str, lang: str, product: str | None) -> Decision:
    embedder = current_embedder()
    hits = search(session, viewer, query, top_k=TOP_K).hits
    meant = _named(session, viewer, query, hits, lang, embedder)
    known = {one.hit.chunk_id for one in meant}
    others = [one for one in judge(query, hits, embedder, lang=lang) if one.hit.chunk_id not in known]
    if not hits and not meant:
        return Decision(None, missing_codes=tuple(codes(query)))
    return decide([*meant, *others], lang=lang, product=product)


def _named(
    session: ReadSession, viewer: Viewer, query: str, hits: Sequence[Hit], lang: str, embedder: Embedder
) -> list[Judged]:
    """What the question names; the codes are looked for by themselves too, in the reader's language."""
    if not codes(query) or any(named.is_called(hit, query) for hit in hits):
        return named.answers(query, hits, embedder, lang=lang)
    # One deep search instead of one for each kind of article: entries may stand behind many table rows.
    more = search(session, viewer, " ".join(codes(query)), top_k=_DEEP, filters=Filters(lang=lang)).hits
    known = {hit.chunk_id for hit in hits}
    found = [*hits, *(hit for hit in more if hit.chunk_id not in known)]
    return named.answers(query, found, embedder, lang=lang)


def _speaks(decision: Decision, lang: str) -> bool:
    """Whether there is an answer in this language, or a question back."""
    best = decision.best
    return bool(decision.choices) or (best is not None and best.hit.lang == lang)


def _is_better(decision: Decision, than: Decision, margin: float) -> bool:
    if decision.is_silent != than.is_silent:
        return than.is_silent
    return decision.confidence > than.confidence + margin


def _in_language(session: ReadSession, viewer: Viewer, decision: Decision, lang: str) -> Decision:
    """The same with the article that says it in the reader's language, if there is one."""
    best = decision.best
    if best is None or best.hit.lang == lang or best.hit.kind != "faq":
        return decision
    told = kb.translated(session, viewer, [best.hit.article_id], lang).get(best.hit.article_id)
    if told is None:
        return decision
    return replace(decision, best=replace(best, hit=_as_hit(told, best.hit)))


def _as_hit(chunk: Chunk, like: Hit) -> Hit:
    return replace(
        like,
        chunk_id=chunk.id,
        article_id=chunk.article_id,
        title=chunk.title,
        heading=" › ".join(chunk.heading_path),
        text=chunk.text,
        markdown=chunk.markdown,
        lang=chunk.lang,
        locator=chunk.locator,
        kind=str(chunk.article_kind),
        product=chunk.product,
        collection=chunk.collection,
    )
