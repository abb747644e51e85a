"""Citations: which passage an answer rests on. Only a hit of this search can become one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from chatbot.types import Citation
from retrieval.types import Hit

MARK: Final = re.compile(r"\s*[\[【]\s*(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\s*[\]】]")
MAX_QUOTE_CHARS: Final = 300


def cite(n: int, hit: Hit, quoted: str) -> Citation:
    """The citation numbered `n` of a hit, showing the beginning of what was quoted."""
    return Citation(
        n=n,
        chunk_id=hit.chunk_id,
        article_id=hit.article_id,
        title=hit.title,
        quote=_shortened(quoted.strip() or hit.text.strip()),
        locator=hit.locator,
        url=f"/portal/articles/{hit.article_id}?chunk={hit.chunk_id}",
    )


def marks(text: str, *, highest: int) -> list[int]:
    """The numbers of the `[n]` marks in `text` that name one of `highest` passages, in order, each once."""
    found = (int(n) for match in MARK.finditer(text) for n in re.findall(r"\d+", match[1]))
    return list(dict.fromkeys(n for n in found if 1 <= n <= highest))


def unmarked(text: str) -> str:
    """`text` without its `[n]` marks."""
    return MARK.sub("", text)


def renumbered(
    sentences: Sequence[tuple[str, Sequence[int]]], hits: Sequence[Hit]
) -> tuple[str, list[Citation]]:
    """Put marks 1, 2 … after sentences that rest on hits, given by their numbers from 1, and cite those hits.

    A hit is cited once, numbered by its first use.
    """
    numbers: dict[int, int] = {}
    written: list[str] = []
    for sentence, rests_on in sentences:
        shown = "".join(f"[{numbers.setdefault(n, len(numbers) + 1)}]" for n in rests_on)
        written.append(f"{sentence.rstrip()} {shown}" if shown else sentence.rstrip())
    cited = [cite(number, hits[n - 1], hits[n - 1].text) for n, number in numbers.items()]
    return "\n".join(written), cited


def _shortened(text: str) -> str:
    if len(text) <= MAX_QUOTE_CHARS:
        return text
    cut = text[:MAX_QUOTE_CHARS]
    end = max(cut.rfind(stop) for stop in "。！？；\n")
    end = max(end, cut.rfind(". "))
    return cut[: end + 1].rstrip() if end > MAX_QUOTE_CHARS // 3 else cut.rsplit(" ", 1)[0].rstrip() + "…"
