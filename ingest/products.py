"""Which product a page is about where it does not say so: one its collection knows, named by title or file name."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from kb.types import ArticleKind, NewArticle

_OFTEN = 5  # times a text must name its product …
_FAR_MORE = 4  # … and so many times as often as any other


def with_products(articles: Sequence[NewArticle], uri: str, known: Collection[str]) -> tuple[NewArticle, ...]:
    """The articles, guides and manuals without a product given theirs if one of `known` stands out.

    FAQ entries are left as they are: what is asked in general names a product only as an example.
    """
    return tuple(
        article
        if article.product or article.kind is ArticleKind.FAQ
        else replace(article, product=_product_of(article, uri, known))
        for article in articles
    )


def _product_of(article: NewArticle, uri: str, known: Collection[str]) -> str | None:
    """The one that title or file name tells, else the one the text is full of; None where several could be."""
    for name in (article.title, PurePosixPath(uri).stem):
        named = [product for product, times in _counted(name, known).items() if times]
        if named:
            return named[0] if len(named) == 1 else None
    if article.kind is not ArticleKind.MANUAL:
        return None
    counted = _counted("\n".join(chunk.text for chunk in article.chunks), known)
    ranked = sorted(counted, key=lambda product: -counted[product])
    others = counted[ranked[1]] if len(ranked) > 1 else 0
    stands_out = bool(ranked) and counted[ranked[0]] >= max(_OFTEN, _FAR_MORE * others)
    return ranked[0] if stands_out else None


def _counted(text: str, known: Collection[str]) -> dict[str, int]:
    """How often each product is named; YLD300 counts in YLD300-T5R5, YLD30 in neither."""
    from models.segmenter import (
        normalize,
    )  # its dictionaries take longer than a run that finds nothing changed

    folded = normalize(text) if known else ""
    return {product: _times(normalize(product), folded) for product in known}


def _times(product: str, text: str) -> int:
    if product not in text:  # as of most products in most texts
        return 0
    return len(re.findall(rf"(?<![a-z0-9]){re.escape(product)}(?![a-z0-9])", text))
