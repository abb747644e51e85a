"""What the confidence of a hit is judged by: how near it is to the question, and how far before the others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from chatbot.answer_types import fitting
from chatbot.understand import codes, detect_language
from chatbot.words import Word, coverage, heaviest_missing, names_code, weigh
from models.embedder import Embedder, TokenEmbedder
from retrieval.types import Hit

JUDGED: Final = 10  # hits looked at closely
_STANDS_OUT: Final = 3  # hits from this place on are the background an answer stands out from
_SHORT: Final = 1.2  # log of 1 + content words
_OF_QUESTIONS: Final = ("title_late", "title_coverage", "title_cosine", "title_margin", "late", "late_gap")
_ACROSS: Final = ("title_late", "title_cosine", "late", "cosine_gap")
_LONG: Final = 8.0  # log of the characters of a long passage
_FAR_LATE: Final = 0.4  # late interaction and cosine of a passage that has nothing to do with the question
_FAR_COSINE: Final = 0.2


def features_of(
    question: str, hits: Sequence[Hit], embedder: Embedder, *, lang: str | None = None
) -> list[dict[str, float]]:
    """What the confidence of the first JUDGED hits is judged by; the names are those of the calibration.

    The hits after them tell how near any passage of this knowledge base is to such a question: an answer
    stands out from them, also where all are near or all are far. `lang` is the reader's, where the question
    itself (a bare code) does not tell.
    """
    looked_at = hits[:JUDGED]
    if not looked_at:
        return []
    lang, words, named = (
        detect_language(question, fallback=lang or "zh"),
        weigh(question, embedder),
        codes(question),
    )
    titles = _title_similarities(question, looked_at, embedder)
    late = [_late(question, hit, embedder) for hit in hits]
    cosines = [hit.cosine if hit.cosine is not None else 0.0 for hit in hits]
    signals = {
        "lexical": [hit.lexical_score or 0.0 for hit in hits],
        "late": late,
        "cosine": cosines,
        "title": [likeness for _, likeness in titles],
    }
    made = []
    for at, hit in enumerate(looked_at):
        others = _background(at, hits)
        of_question = _of_question(hit, words, named, lang)
        compared = {
            "late": late[at],
            "late_gap": late[at] - _mean([late[i] for i in others], _FAR_LATE),
            "cosine": cosines[at],
            "cosine_gap": cosines[at] - _mean([cosines[i] for i in others], _FAR_COSINE),
            "title_cosine": titles[at][0],
            "title_late": titles[at][1],
        }
        kind = fitting(question, hits[at].text)
        made.append(_combined({**of_question, **compared, **kind, **_lead(at, hits, signals)}))
    return made


def _of_question(hit: Hit, words: Sequence[Word], named: Sequence[str], lang: str) -> dict[str, float]:
    """What the question and one hit say by themselves, before the other hits are looked at."""
    whole, head = whole_of(hit), head_of(hit)
    return {
        "one": 1.0,
        "rank": 1.0 / hit.rank,
        **_covering(words, whole, head),
        "words": math.log1p(len(words)),
        "codes": 1.0 if named else 0.0,
        "code_head": sum(names_code(code, head) for code in named) / max(len(named), 1),
        "faq": float(hit.kind == "faq"),
        "opening": float(hit.kind != "faq" and not hit.heading),
        "cross": 0.0 if hit.lang == lang else 1.0,
        "length": math.log1p(len(hit.text)) / _LONG,
    }


def _combined(f: dict[str, float]) -> dict[str, float]:
    """With products: what a title says weighs more where the title is a customer's question, and so on."""
    return {
        **f,
        "late_squared": f["late"] ** 2,
        "late_covering": f["late"] * f["coverage"],
        "title_squared": f["title_late"] ** 2,
        "title_covering": f["title_late"] * f["title_coverage"],
        "title_near": max(0.0, f["title_late"] - 0.75),
        "covered_well": max(0.0, f["coverage"] - 0.8),
        "short": float(f["words"] < _SHORT),
        **{f"faq_{name}": f["faq"] * f[name] for name in _OF_QUESTIONS},
        **{f"cross_{name}": f["cross"] * f[name] for name in _ACROSS},
    }


def _covering(words: Sequence[Word], whole: str, head: str) -> dict[str, float]:
    """How much of what is asked the passage and its title say."""
    covered = coverage(words, whole)
    return {
        "coverage": covered,
        "title_coverage": coverage(words, head),
        "half_covered": min(covered, 0.5),
        "known": 1.0 - heaviest_missing(words, whole),
    }


def _background(at: int, hits: Sequence[Hit]) -> list[int]:
    return [i for i, hit in enumerate(hits) if i >= _STANDS_OUT and i != at and hit.lang == hits[at].lang]


def _lead(at: int, hits: Sequence[Hit], scores: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """How far a hit is before those of other articles, by each score, and whether both legs put it first."""
    lexical, cosines = scores["lexical"], scores["cosine"]
    most = max(lexical) or 1.0
    return {
        "lexical_share": lexical[at] / most,
        "lexical_margin": _margin(at, lexical, hits, 0.0) / most,
        "late_margin": _margin(at, scores["late"], hits, _FAR_LATE),
        "cosine_margin": _margin(at, cosines, hits, _FAR_COSINE),
        "title_margin": _margin(at, scores["title"], hits, _FAR_LATE),
        "agreed": float(lexical[at] == max(lexical) and cosines[at] == max(cosines)),
    }


def _margin(at: int, scores: Sequence[float], hits: Sequence[Hit], floor: float) -> float:
    """How far a hit is before the best one of another article in its language."""
    mine = hits[at]
    others = (
        score
        for score, hit in zip(scores, hits, strict=False)
        if hit.article_id != mine.article_id and hit.lang == mine.lang
    )
    return scores[at] - max(others, default=floor)


def _mean(scores: Sequence[float], floor: float) -> float:
    """The mean, as if there were always a few more passages as far as unrelated ones are."""
    return (sum(scores) + 2 * floor) / (len(scores) + 2)


def _title_similarities(question: str, hits: Sequence[Hit], embedder: Embedder) -> list[tuple[float, float]]:
    heads = [head_of(hit) for hit in hits]
    cosines = embedder.embed_passages(heads) @ embedder.embed_queries([question])[0]
    if not isinstance(embedder, TokenEmbedder):
        return [(float(cosine), 0.0) for cosine in cosines]
    asked = embedder.token_ids(question)
    tokens = [embedder.token_ids(head) for head in heads]
    there = embedder.maxsim(asked, tokens)
    # The other way round as well: a title that asks for more than the question is another question.
    back = [float(embedder.maxsim(one, [asked])[0]) for one in tokens]
    return [(float(c), (float(t) + b) / 2) for c, t, b in zip(cosines, there, back, strict=True)]


def _late(question: str, hit: Hit, embedder: Embedder) -> float:
    if hit.late_interaction is not None:
        return hit.late_interaction
    if not isinstance(embedder, TokenEmbedder):
        return 0.0
    passage = embedder.token_ids(whole_of(hit))
    return float(embedder.maxsim(embedder.token_ids(question), [passage])[0])


def head_of(hit: Hit) -> str:
    """The title with the heading path below it."""
    return f"{hit.title}\n{hit.heading}" if hit.heading and hit.heading != hit.title else hit.title


def whole_of(hit: Hit) -> str:
    """Everything a hit says: where words and codes of a question are looked for."""
    return f"{hit.title}\n{hit.heading}\n{hit.product or ''}\n{hit.text}"
