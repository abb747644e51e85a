"""FAQ pages: where most headings ask, each question with its answer is an article of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.text import squeeze
from ingest.types import Block, BlockKind, FaqEntry

_LABEL = re.compile(
    r"^(?:(?:\d+(?:\.\d+)*[.)、：: ]|[（(]\d+[)）]|[QＱ问](?:uestion)?\s*\d*\s*[.:：、])\s*)+", re.IGNORECASE
)
_TAG = re.compile(
    r"^\[[^\]]{1,30}\]\s*"
)  # "[Scan] How long …": the tag stays in the title, the question follows
_ASKS_EN = re.compile(
    r"(?:how|what|what's|why|when|where|which|who|whose|can|could|do|does|did|is|are|was|should|will|would|may|must|"
    r"have|has)\b",
    re.IGNORECASE,
)
_ASKS_ZH = re.compile(
    r"^(?:为什么|为何|如何|怎么|怎样|怎么样|什么是|是否|能否|可否|哪里|哪些|哪个|何时|何谓|多久|请问|有没有)|"
    r"(?:吗|呢|么|怎么办|怎么处理|如何处理|如何解决|怎么解决|是什么|有哪些|什么意思|多少|多久|多长时间)$|为什么|怎么办"
)
_SAYS_FAQ = re.compile(
    r"\bfaqs?\b|常见问题|常见问答|问题解答|疑难解答|问答|Q\s*&\s*A|frequently asked", re.IGNORECASE
)


def is_question(heading: str) -> bool:
    """Whether a heading asks: a question mark at its end, or the words a question begins or ends with."""
    bare = _TAG.sub("", _LABEL.sub("", heading.strip())).strip()
    if not bare:
        return False
    if bare[-1] in "?？":
        return True
    return bool(_ASKS_EN.match(bare) or _ASKS_ZH.search(bare))


def question_of(heading: str) -> str:
    """The heading without its number or its "Q:"."""
    return _LABEL.sub("", squeeze(heading)) or heading


def split(blocks: Sequence[Block], *, name: str) -> tuple[list[FaqEntry], list[Block]]:
    """The entries of a FAQ page and the blocks that belong to none; no entries where it is no FAQ page.

    `name` is the page's title and file name: one that says FAQ needs fewer question headings.
    """
    level = _question_level(blocks, name)
    if level is None:
        return [], list(blocks)
    entries: list[FaqEntry] = []
    rest: list[Block] = []
    path: list[Block] = []
    index = 0
    while index < len(blocks):
        block = blocks[index]
        if block.kind is BlockKind.HEADING:
            path = [known for known in path if known.level < block.level]
            end = _end_of(blocks, index)
            body = blocks[index + 1 : end]
            if block.level == level and _has_content(body):
                entries.append(_entry(block, body, path))
                index = end
                continue
            path.append(block)
        rest.append(block)
        index += 1
    return entries, rest


def _question_level(blocks: Sequence[Block], name: str) -> int | None:
    """The highest level on which most headings with a body ask."""
    says_faq = bool(_SAYS_FAQ.search(name))
    levels: dict[int, list[bool]] = {}
    leaves: list[bool] = []
    for index, block in enumerate(blocks):
        if block.kind is not BlockKind.HEADING:
            continue
        body = blocks[index + 1 : _end_of(blocks, index)]
        if _has_content(body):
            asks = is_question(block.text)
            levels.setdefault(block.level, []).append(asks)
            if body[0].kind is not BlockKind.HEADING:
                leaves.append(asks)
    needed = 0.3 if says_faq else 0.5
    if not leaves or sum(leaves) < (1 if says_faq else 2) or sum(leaves) < needed * len(leaves):
        return None
    asking = [level for level, asks in levels.items() if sum(asks) >= needed * len(asks) and sum(asks) >= 1]
    # A title that asks ("What is X?") over questions is the page's name, not an entry.
    several = [level for level in asking if len(levels[level]) > 1]
    return min(several or asking, default=None)


def _end_of(blocks: Sequence[Block], index: int) -> int:
    level = blocks[index].level
    for position in range(index + 1, len(blocks)):
        if blocks[position].kind is BlockKind.HEADING and blocks[position].level <= level:
            return position
    return len(blocks)


def _has_content(body: Sequence[Block]) -> bool:
    return any(block.kind is not BlockKind.HEADING for block in body)


def _entry(heading: Block, body: Sequence[Block], path: Sequence[Block]) -> FaqEntry:
    answer = tuple(_as_text(block) if block.kind is BlockKind.HEADING else block for block in body)
    return FaqEntry(
        question=question_of(heading.text),
        answer=answer,
        heading_path=tuple(known.text for known in path),
        anchor=heading.anchor,
    )


def _as_text(heading: Block) -> Block:
    return Block(
        kind=BlockKind.TEXT,
        text=heading.text,
        markdown=f"**{heading.markdown}**",
        page=heading.page,
        box=heading.box,
    )
