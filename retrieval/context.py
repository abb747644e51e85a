"""The context engine: from what a customer is doing to the few articles and checks that matter.

    suggest(session, viewer, PageContext(...), limit=4) -> Suggestions

Every part of the context asks its own question through the one search path; answers are merged by
article, the customer's language first, and each says which field or word brought it up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from kb import service as kb
from kb.types import Chunk, Locator
from models.segmenter import normalize
from retrieval import impressions
from retrieval.analyzer import AnalyzedQuery, analyze_query
from retrieval.checklist import CheckItem, checklist
from retrieval.context_queries import PLACE, ContextQuery, PageContext, codes_of, queries_of
from retrieval.context_words import PassageWords
from retrieval.lexicon import Lexicon
from retrieval.service import search_together
from retrieval.types import Hit

__all__ = ["PageContext", "Suggestion", "Suggestions", "record_impression", "record_opened", "suggest"]

_PER_QUERY: Final = 16  # passages; a long article may hold many of them
_CONSIDERED: Final = 16  # articles
_NOISE: Final = 0.25  # what the best passage about something else scores
_KINDS: Final = {"faq": 1.2, "guide": 1.1, "manual": 0.6}  # the shorter the text, the sooner it helps
_HINT: Final = 0.15
_ANSWERED: Final = 0.55  # how much of an answer another article's answer to the same wish makes needless
_REASONS: Final = 3
_TELLING: Final = 0.5  # weaker reasons than this share of the strongest explain nothing
_OTHER_LANGUAGE: Final = 0.6
_OTHER_PRODUCT: Final = 0.4
_SAME_PRODUCT: Final = 1.2
_SHARE_OF_BEST: Final = 0.2  # weaker suggestions than this share of the best are noise beside it
_MIN_COSINE: Final = 0.3  # without a common word a passage must at least mean something alike
_SNIPPET_CHARS: Final = 160
_READ_FOR_CHECKS: Final = 3  # articles whose lists are looked through …
_CHUNKS_FOR_CHECKS: Final = 3  # … from the chunk that was found on: the steps stand there
_NO_GLOSSARY: Final = Lexicon()


@dataclass(frozen=True)
class Suggestion:
    """An article pushed beside a form, with its best passage and what brought it up."""

    article_id: int
    chunk_id: int
    title: str
    snippet: str
    kind: str
    lang: str
    locator: Locator
    why: tuple[str, ...]
    score: float

    def to_json(self) -> dict[str, Any]:
        shown = {key: value for key, value in vars(self).items() if key != "score"}
        return {**shown, "locator": self.locator.to_json(), "why": list(self.why)}


@dataclass(frozen=True)
class Suggestions:
    """One row per article, best first, and a short self-check."""

    articles: tuple[Suggestion, ...] = ()
    checklist: tuple[CheckItem, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "articles": [one.to_json() for one in self.articles],
            "checklist": [one.to_json() for one in self.checklist],
        }


@dataclass(frozen=True)
class _Found:
    """One article with its best passage and how well it answers each wish of the context."""

    best: Hit
    answers: dict[str, _Answer]  # by the source of the questions

    @property
    def score(self) -> float:
        """The best answer counts whole, the others as a hint: a long manual touches on everything."""
        return _with_hints(sorted((one.score for one in self.answers.values()), reverse=True))


@dataclass(frozen=True)
class _Answer:
    score: float
    because: str


def suggest(session: ReadSession, viewer: Viewer, context: PageContext, limit: int = 4) -> Suggestions:
    """At most `limit` articles this viewer may read; none where nothing fits."""
    queries = queries_of(context)
    found = search_together(session, viewer, [query.text for query in queries], _PER_QUERY)
    evidence = _Evidence(context)
    for query, (analyzed, hits) in zip(queries, found, strict=True):
        evidence.add(query, analyzed, hits)
    own = _in_own_language(session, viewer, evidence.strongest(_CONSIDERED), context.locale)
    chosen = _spread(own, limit)
    read = [one.best.chunk_id for one in chosen[:_READ_FOR_CHECKS]]
    near = kb.chunks_from(session, viewer, read, _CHUNKS_FOR_CHECKS)
    checks = checklist(
        [near[chunk_id] for chunk_id in read if chunk_id in near],
        product=context.product,
        codes=codes_of(context),
    )
    return Suggestions(tuple(_suggestion(one) for one in chosen), checks)


class _Evidence:
    """Each question's best passage of each article; a passage is looked through once."""

    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._said = normalize(" ".join((*context.fields.values(), context.draft or "")))
        self._words: dict[int, PassageWords] = {}
        self._merged: dict[int, _Found] = {}
        # Every article about a product has its name, so that word tells nothing.
        self._product = {term.text for term in analyze_query(context.product or "", _NO_GLOSSARY).terms}

    def add(self, query: ContextQuery, analyzed: AnalyzedQuery, hits: Sequence[Hit]) -> None:
        telling = [term.text for term in analyzed.terms if term.text not in self._product]
        seen: set[int] = set()
        for hit in hits:
            if hit.article_id in seen:
                continue
            seen.add(hit.article_id)
            words = self._words_of(hit)
            common = [term for term in telling if term in words]
            if common or (hit.cosine or 0.0) >= _MIN_COSINE:
                self._merge(hit, query, common)

    def strongest(self, most: int) -> list[_Found]:
        """Articles by evidence, best first, without those far weaker than the best."""
        ranked = sorted(self._merged.values(), key=lambda found: (-found.score, found.best.article_id))
        return [found for found in ranked if found.score >= _SHARE_OF_BEST * ranked[0].score][:most]

    def _words_of(self, hit: Hit) -> PassageWords:
        if hit.chunk_id not in self._words:
            self._words[hit.chunk_id] = PassageWords("\n".join((hit.title, hit.heading, hit.text)))
        return self._words[hit.chunk_id]

    def _merge(self, hit: Hit, query: ContextQuery, common: Sequence[str]) -> None:
        because = query.because or _said_words(common, self._context.locale)
        score = query.weight * max(hit.score - _NOISE, 0.0) * _KINDS.get(hit.kind, 1.0) * self._fit(hit)
        before = self._merged.get(hit.article_id)
        if before is None:
            self._merged[hit.article_id] = _Found(hit, {query.source: _Answer(score, because)})
            return
        best = hit if score > max(one.score for one in before.answers.values()) else before.best
        known = before.answers.get(query.source)
        if known is None or score > known.score:
            before.answers[query.source] = _Answer(score, because)
        self._merged[hit.article_id] = replace(before, best=best)

    def _fit(self, hit: Hit) -> float:
        fit = 1.0 if hit.lang == self._context.locale else _OTHER_LANGUAGE
        about = normalize(self._context.product or "")
        product = normalize(hit.product or "")
        if about and product:
            fit *= _SAME_PRODUCT if product == about else _OTHER_PRODUCT
        elif product and product in self._said:
            fit *= _SAME_PRODUCT
        return fit


def _said_words(common: Sequence[str], locale: str) -> str:
    whole = [word for word in common if not any(word != other and word in other for other in common)]
    telling = [word for word in whole if not word.isdigit()]
    return ("、" if locale == "zh" else ", ").join(telling[:3])


def _with_hints(scores: Sequence[float]) -> float:
    return sum(score * _HINT**place for place, score in enumerate(scores))


def _spread(ranked: Sequence[_Found], limit: int) -> list[_Found]:
    """The best article first, then each time the one that adds most: a wish well answered counts little more."""
    left, chosen = list(ranked), list[_Found]()
    covered: dict[str, float] = {}
    least = _SHARE_OF_BEST * ranked[0].score if ranked else 0.0
    while left and len(chosen) < limit:
        gains = [_gain(found, covered) for found in left]
        best = max(range(len(left)), key=lambda place: (gains[place], -place))
        if gains[best] < least:
            break
        found = left.pop(best)
        chosen.append(found)
        for source, answer in found.answers.items():
            covered[source] = max(covered.get(source, 0.0), answer.score)
    return chosen


def _gain(found: _Found, covered: dict[str, float]) -> float:
    new = (
        max(one.score - _ANSWERED * covered.get(source, 0.0), 0.0) for source, one in found.answers.items()
    )
    return _with_hints(sorted(new, reverse=True))


def _in_own_language(
    session: ReadSession, viewer: Viewer, ranked: Sequence[_Found], locale: str
) -> list[_Found]:
    """Articles that say the same in two languages shown once, in the customer's where there is one."""
    foreign = [found.best.article_id for found in ranked if found.best.lang != locale]
    told = kb.translated(session, viewer, foreign, locale) if foreign else {}
    chosen: dict[int, _Found] = {}
    for found in ranked:
        first = told.get(found.best.article_id)
        shown = replace(found, best=_moved(found.best, first)) if first else found
        chosen.setdefault(shown.best.article_id, shown)
    return list(chosen.values())


def _moved(hit: Hit, first: Chunk) -> Hit:
    """The hit, at the beginning of the same article in another language."""
    return replace(
        hit,
        article_id=first.article_id,
        chunk_id=first.id,
        title=first.title,
        text=first.text,
        lang=first.lang,
        locator=first.locator,
        kind=first.article_kind,
    )


def _suggestion(found: _Found) -> Suggestion:
    hit = found.best
    text = " ".join(hit.text.split())
    snippet = text if len(text) <= _SNIPPET_CHARS else text[: _SNIPPET_CHARS - 1] + "…"
    title = hit.title or hit.heading
    return Suggestion(
        hit.article_id,
        hit.chunk_id,
        title,
        snippet,
        str(hit.kind),
        hit.lang,
        hit.locator,
        _reasons(found.answers),
        found.score,
    )


def _reasons(answers: Mapping[str, _Answer]) -> tuple[str, ...]:
    """Fields with their values and words, the strongest first; where one is on the page only if nothing else."""
    ranked = sorted(answers.items(), key=lambda one: (one[0] == PLACE, -one[1].score))
    least = _TELLING * max(answer.score for answer in answers.values())
    told = [one.because for source, one in ranked if one.score >= least and source != PLACE and one.because]
    return tuple(dict.fromkeys(told or [one.because for _source, one in ranked[:1] if one.because]))[
        :_REASONS
    ]


def record_impression(session: WriteSession, viewer: Viewer, context: PageContext, shown: Suggestions) -> str:
    """Keep what was shown to whom; returns the impression's id."""
    return impressions.record(session, viewer, context, [one.article_id for one in shown.articles])


def record_opened(session: WriteSession, impression_id: str, article_id: int) -> None:
    """Note that a suggested article was opened. Raises ImpressionNotFoundError."""
    impressions.record_opened(session, impression_id, article_id)
