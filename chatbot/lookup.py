"""Looking a question up, in each of its readings, and deciding which passage answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from chatbot import editions, named
from chatbot.decide import TOP_K, Decision, Judged, Slot, decide, judge
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


@dataclass(frozen=True, kw_only=True)
class Looker:
    """Who asks, in which language, and what was said before: product and version are carried over."""

    viewer: Viewer
    lang: str
    product: str | None = None
    earlier: tuple[str, ...] = ()


def look_up(session: ReadSession, looker: Looker, queries: Sequence[str]) -> Found:
    """What one may read about the question; `queries` are its readings, the likeliest first, at least one.

    If none of them finds an answer in the asker's language they are put in other words.
    """
    lang, best = looker.lang, None
    for at, query in enumerate(queries):
        found = Found(query, _decide(session, looker, query))
        if best is None or _is_better(found.decision, best.decision, _PREFER_READING if at else 0.0):
            best = found
    if best is None:
        raise ValueError("a question has at least one reading")
    for query in in_other_words(queries[0]) if not _speaks(best.decision, lang) else ():
        found = Found(query, _decide(session, looker, query))
        if _speaks(found.decision, lang) or _is_better(found.decision, best.decision, 0.0):
            best = found
            break
    return replace(best, decision=_in_language(session, looker.viewer, best.decision, lang))


def unknown_codes(session: ReadSession, viewer: Viewer, missing: Sequence[str]) -> list[str]:
    """Those codes that no passage names, also when asked for by themselves: only of them may we say so."""
    return [
        code
        for code in missing
        if not any(names_code(code, whole_of(hit)) for hit in search(session, viewer, code, top_k=TOP_K).hits)
    ]


def _decide(session: ReadSession, looker: Looker, query: str) -> Decision:
    """What answers this reading; product and version where they matter, from the question or from what was said."""
    hits = search(session, looker.viewer, query, top_k=TOP_K).hits
    version = editions.named(query) if any(hit.product_version for hit in hits) else None
    decision = _of_version(session, looker, query, version, hits) if version else None
    if decision is not None:
        return decision
    judged = _judged(session, looker, query, hits)
    decision = decide(judged, lang=looker.lang, product=looker.product)
    if decision.lacks is Slot.PRODUCT:
        decision = decide(judged, lang=looker.lang, product=_product_said(decision, looker.earlier))
    if decision.lacks is Slot.VERSION:
        said = _version_said(decision, looker.earlier)
        return (_of_version(session, looker, query, said, hits) if said else None) or decision
    if not judged:
        return Decision(None, missing_codes=tuple(codes(query)))
    return decision


def _of_version(
    session: ReadSession, looker: Looker, query: str, version: str, around: Sequence[Hit]
) -> Decision | None:
    """What answers in the articles of one version; None where the knowledge base has no such version."""
    rest = editions.without(query, version)
    forms = [
        editions.meant(version, editions.known(around)),
        editions.bare(version),
        f"v{editions.bare(version)}",
    ]
    for form in dict.fromkeys(one for one in forms if one):
        hits = search(session, looker.viewer, rest, top_k=TOP_K, filters=Filters(product_version=form)).hits
        if hits:
            return decide(_judged(session, looker, rest, hits), lang=looker.lang, product=looker.product)
    return None


def _judged(session: ReadSession, looker: Looker, query: str, hits: Sequence[Hit]) -> list[Judged]:
    """The hits by how surely they answer, those that the question names first."""
    embedder = current_embedder()
    meant = _named(session, looker.viewer, query, hits, looker.lang, embedder)
    known = {one.hit.chunk_id for one in meant}
    others = judge(query, hits, embedder, lang=looker.lang)
    return [*meant, *(one for one in others if one.hit.chunk_id not in known)]


def _product_said(decision: Decision, earlier: Sequence[str]) -> str | None:
    """The one of the products to choose from that was named last."""
    products = {one.hit.product for one in decision.choices if one.hit.product}
    for said in reversed(earlier):
        found = [product for product in products if product.lower() in said.lower()]
        if len(found) == 1:
            return found[0]
    return None


def _version_said(decision: Decision, earlier: Sequence[str]) -> str | None:
    """The one of the versions to choose from that was named last."""
    versions = editions.known(one.hit for one in decision.choices)
    said = (editions.named(text) for text in reversed(earlier))
    return next((found for one in said if one and (found := editions.meant(one, versions))), None)


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
