"""Small promises about text that every parser and the chunker share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{2,}")
_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f"
_BREAK_IN_WIDE = re.compile(rf"(?<=[{_WIDE}])[ \t]*\n[ \t]*(?=[{_WIDE}])")
_WIDE_SIGN = re.compile(f"[{_WIDE}]")
_SPACES = re.compile(r"[ \t\r\f\v\n\u00a0]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200e\u200f\u2060\ufeff\ufffe\uffff]")
_RADICAL = re.compile(r"[\u2e80-\u2fdf\uf900-\ufad9]")  # PDF and office programs write these for 一, 用, 长 …
_SENTENCE_END = re.compile(
    r"(?:[。！？!?；…]+[”’』」）)\]\"']*"  # Chinese stops need no space after them
    r"|(?<![A-Z])(?<!\be\.g)(?<!\bi\.e)(?<!\betc)(?<!\bNo)(?<!\bvs)\.[”’)\]\"']*(?=\s))\s*"
    r"|\n+"
)
_MARKDOWN_SPECIAL = re.compile(r"([\\`*<\[\]|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
_MARKDOWN_LINE_START = re.compile(r"(?m)^(\s*)([#>+~-])(?=\s|[#~-]|$)")
_MARKDOWN_NUMBER = re.compile(r"(?m)^(\s*\d+)([.)])(?=\s|$)")

# One Chinese character says about as much as two letters: sizes count in Chinese characters.
LATIN_WEIGHT = 800 / 1500


def han_count(text: str) -> int:
    """How many Chinese characters `text` has."""
    return 0 if text.isascii() else len(_HAN.findall(text))


def size(text: str) -> float:
    """Length in Chinese characters, a letter counting a little more than half."""
    han = han_count(text)
    return han + (len(text) - han) * LATIN_WEIGHT


def language_of(text: str, default: str = "en") -> str:
    """`zh` or `en` by what most of the words are; `default` where there are no words."""
    han = han_count(text)
    words = len(_LATIN_WORD.findall(text))
    if not han and not words:
        return default
    # A Chinese word is about two characters; technical Chinese is full of English names, so it wins early.
    return "zh" if han >= words else "en"


def clean(text: str) -> str:
    """Without control and zero-width characters; radicals that print like a character are that character."""
    if text.isascii():
        return text if text.isprintable() else _CONTROL.sub("", text)
    return _RADICAL.sub(lambda found: unicodedata.normalize("NFKC", found.group()), _CONTROL.sub("", text))


def squeeze(text: str) -> str:
    """One line: white space becomes one blank, and a line break between Chinese characters nothing."""
    if "  " not in text and text.isprintable():  # no white space but single blanks
        return text.strip()
    return _SPACES.sub(" ", _BREAK_IN_WIDE.sub("", text)).strip()


def join_lines(before: str, after: str) -> str:
    """Two printed lines of one paragraph as one: hyphenated words and Chinese need no blank."""
    if not before or not after:
        return before + after
    if before[-1] in "-\u00ad\u2010" and len(before) > 1 and before[-2].isalpha() and after[0].islower():
        return before[:-1] + after
    glued = _WIDE_SIGN.match(before[-1]) and _WIDE_SIGN.match(after[0])
    return before + ("" if glued else " ") + after


def sentences(text: str) -> Iterator[str]:
    """The text cut after each sentence or line; joined, the pieces are the text again."""
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if match.end() > start:
            yield text[start : match.end()]
            start = match.end()
    if start < len(text):
        yield text[start:]


def escape_markdown(text: str) -> str:
    """Plain text as Markdown that shows exactly this text."""
    escaped = _MARKDOWN_SPECIAL.sub(r"\\\1", text)
    if "\n" not in text and text[:1].isalpha():  # most lines begin with a word
        return escaped
    return _MARKDOWN_NUMBER.sub(r"\1\\\2", _MARKDOWN_LINE_START.sub(r"\1\\\2", escaped))


def slug(text: str) -> str:
    """A name for addresses: lower case, words joined by hyphens, Chinese kept."""
    return re.sub(r"[^\w\-]+", "-", text.strip().lower()).strip("-")
