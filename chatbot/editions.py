"""Which version of a product a question means, where versions have different answers.

A version counts as named only if the knowledge base has articles of it: 3.3 in "3.3 V" names none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from models.segmenter import normalize
from retrieval.types import Hit

_NUMBER: Final = re.compile(r"(?<![a-z0-9.])v?(\d{1,4}(?:\.\d{1,4}){1,3})(?!\d|\.\d)", re.IGNORECASE)
_CHOSEN: Final = re.compile(r"\s*[（(](?:版本|version)\s*([^（()）]{1,40}?)\s*[)）]\s*$", re.IGNORECASE)
_EDITION: Final = re.compile(r"(?<![a-z0-9.])(?:v\d+(?:\.\d+)*|\d+(?:\.\d+)+|(?:19|20)\d\d)(?![a-z0-9])")


def chosen(question: str, version: str, lang: str) -> str:
    """The question with its version, as a tapped choice sends it; `named` and `without` understand it."""
    return f"{question} (version {version})" if lang == "en" else f"{question}（版本 {version}）"


def named(text: str) -> str | None:
    """What `text` may name as its version; None where it names none, or several as comparisons do."""
    match = _CHOSEN.search(text)
    if match:
        return match[1]
    found = set(_NUMBER.findall(text))
    return found.pop() if len(found) == 1 else None


def without(text: str, version: str) -> str:
    """`text` without this version: the articles of a version need not say its name."""
    rest = _CHOSEN.sub("", text)
    spelt = (
        rf"(?:(?:版本|version|release)\s*)?(?<![a-z0-9.])v?{re.escape(bare(version))}(?!\d|\.\d)\s*(?:版本?)?"
    )
    return " ".join(re.sub(spelt, " ", rest, flags=re.IGNORECASE).split()) or rest


def of(hit: Hit) -> list[str]:
    """The versions a hit stands for: its own and those whose passages say the same, the newest first."""
    found = (hit.product_version, *(twin.product_version for twin in hit.collapsed))
    return sorted({one for one in found if one}, key=_newness, reverse=True)


def known(hits: Iterable[Hit]) -> list[str]:
    """All versions that these hits stand for."""
    return list(dict.fromkeys(version for hit in hits for version in of(hit)))


def meant(version: str, versions: Sequence[str]) -> str | None:
    """The one of `versions` that `version` names: the same, or the line that a patch such as 4.0.9 belongs to."""
    asked = bare(version)
    same = [one for one in versions if bare(one) == asked]
    lines = sorted((one for one in versions if asked.startswith(f"{bare(one)}.")), key=len, reverse=True)
    return next(iter((*same, *lines)), None)


def differ(one: Hit, other: Hit) -> bool:
    """Whether two hits are the same entry in different versions; what says the same is one hit already."""
    return (
        one.article_id != other.article_id
        and bool(one.product_version and other.product_version)
        and not set(of(one)) & set(of(other))
        and _entry(one) == _entry(other)
    )


def bare(version: str) -> str:
    """A version as it is compared: v4.0, V4.0 and 4.0 are one."""
    return normalize(version).strip().removeprefix("v")


def newest_first(hits: Iterable[Hit]) -> list[Hit]:
    """The hits by their newest version."""
    return sorted(hits, key=lambda hit: _newness(of(hit)[0]), reverse=True)


def _entry(hit: Hit) -> tuple[str, ...]:
    heads = (" ".join(_EDITION.sub(" ", normalize(one).lower()).split()) for one in (hit.title, hit.heading))
    return (hit.lang, hit.product or "", *heads)


def _newness(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d{1,9}", version))
