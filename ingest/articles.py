"""From what a parser found to the articles of a source: titles, keys, languages, links between translations."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ingest import chunking, faq
from ingest.errors import UnreadableFileError
from ingest.text import han_count, language_of, size, slug, squeeze
from ingest.types import Block, BlockKind, FaqEntry, ParsedFile, ParseRequest
from kb.audience import canonical
from kb.errors import AudienceRuleError
from kb.types import ArticleKind, NewArticle

_MANUAL_CHUNKS = 60  # what is longer is a manual, whatever it calls itself
_MANUAL_PAGES = 12
_MARKS_ZH = frozenset(
    {"zh", "zh_cn", "zh-cn", "zh-hans", "zh_hans", "zh-tw", "zh-hant", "cn", "chs", "chinese", "中文"}
)
_MARKS_EN = frozenset({"en", "en_us", "en-us", "en-gb", "eng", "english", "英文"})
_SUFFIX = re.compile(
    r"[._\-](zh(?:[_-](?:cn|hans|tw|hant))?|cn|chs|en(?:[_-](?:us|gb))?|eng|中文|英文)$", re.IGNORECASE
)
_TITLE_LENGTH = 300


@dataclass(frozen=True)
class _Context:
    """What all articles of one file share."""

    request: ParseRequest
    parsed: ParsedFile
    title: str
    lang: str
    audience: str

    @property
    def product(self) -> str | None:
        return self.parsed.metadata.get("product") or None

    @property
    def product_version(self) -> str | None:
        return self.parsed.metadata.get("version") or None


def build(request: ParseRequest, parsed: ParsedFile) -> tuple[NewArticle, ...]:
    """The articles of one file: FAQ entries, and one guide or manual of everything else.

    Raises UnreadableFileError for an audience rule that cannot be understood.
    """
    context = _Context(request, parsed, *_title_and_language(request, parsed), _audience(request, parsed))
    entries, rest = list(parsed.entries), list(parsed.blocks)
    if parsed.may_be_faq and not entries:
        entries, rest = faq.split(rest, name=f"{context.title} {PurePosixPath(request.uri).stem}")
    made = [*_entry_articles(entries, context)]
    page = _page_article(rest, context, beside_entries=bool(made))
    return tuple([*made, page] if page else made)


def _title_and_language(request: ParseRequest, parsed: ParsedFile) -> tuple[str, str]:
    sample = "\n".join(block.text for block in parsed.blocks if block.kind is not BlockKind.CODE)
    sample = sample or "\n".join(entry.question for entry in parsed.entries)
    title = _title(request.uri, parsed)
    said = request.lang or _known_language(parsed.metadata.get("language") or parsed.metadata.get("lang"))
    from_path = path_language(request.uri)
    if said is None and from_path is not None and (from_path == "en" or han_count(sample)):
        said = from_path
    return title, said or language_of(sample, language_of(title))


def _title(uri: str, parsed: ParsedFile) -> str:
    name = PurePosixPath(uri).stem if "://" not in uri else uri.rstrip("/").rpartition("/")[2]
    readable = squeeze(re.sub(r"[_\-]+", " ", _SUFFIX.sub("", name))) or uri
    found = parsed.metadata.get("title") or _title_inside(parsed) or readable
    return squeeze(found)[:_TITLE_LENGTH] or readable


def _title_inside(parsed: ParsedFile) -> str | None:
    headings = [block for block in parsed.blocks if block.kind is BlockKind.HEADING]
    tops = [block.text for block in headings if block.level == 1]
    if parsed.pages is not None:
        # The first heading of a printed manual is its first chapter's, unless there is only one.
        return parsed.title or (tops[0] if len(tops) == 1 else None)
    first = next((block.text for block in parsed.blocks[:3] if block.kind is BlockKind.HEADING), None)
    return next(iter(tops), None) or parsed.title or first


def _known_language(name: str | None) -> str | None:
    lowered = (name or "").strip().lower()
    if lowered in _MARKS_ZH or lowered.startswith("zh") or lowered in {"简体中文", "汉语"}:
        return "zh"
    return "en" if lowered in _MARKS_EN or lowered.startswith("en") else None


def _audience(request: ParseRequest, parsed: ParsedFile) -> str:
    return _rule(parsed.metadata.get("audience")) or request.audience


def _rule(rule: str | None) -> str | None:
    if not rule or not rule.strip():
        return None
    try:
        return canonical(rule.replace("，", ",").replace(";", ","))
    except AudienceRuleError as error:
        raise UnreadableFileError("bad_audience", rule) from error


def path_language(uri: str) -> str | None:
    """The language a path names by a folder (`zh_CN/`) or a suffix (`.en.md`); None where it names none."""
    path = PurePosixPath(uri)
    suffix = _SUFFIX.search(path.stem)
    marks = [suffix.group(1).lower()] if suffix else [part.lower() for part in reversed(path.parts[:-1])]
    for mark in marks:
        if mark in _MARKS_ZH:
            return "zh"
        if mark in _MARKS_EN:
            return "en"
    return None


def translation_path(uri: str) -> str:
    """The path without its language marks: equal for parallel files in both languages."""
    path = PurePosixPath(uri)
    folders = ["*" if part.lower() in _MARKS_ZH | _MARKS_EN else part for part in path.parts[:-1]]
    return "/".join([*folders, _SUFFIX.sub("", path.stem) + path.suffix])


def _entry_articles(entries: Sequence[FaqEntry], context: _Context) -> Iterable[NewArticle]:
    seen: dict[str, int] = {}
    path = translation_path(context.request.uri)
    for position, entry in enumerate(entries, start=1):
        title = squeeze(entry.question)[:_TITLE_LENGTH]
        lang = _known_language(entry.lang) or _language_of_entry(entry, context.lang)
        heads = tuple(dict.fromkeys(head for head in (context.title, *entry.heading_path) if head != title))
        heads = () if context.parsed.entries else heads
        section = chunking.Section(heads, entry.anchor or slug(title) or None, list(entry.answer))
        chunks = tuple(chunking.chunk_answer(section, uri=context.request.uri, lang=lang))
        if not chunks:
            continue
        key = _entry_key(entry, lang)
        seen[key] = seen.get(key, 0) + 1
        # Parallel files pair their entries by place, and only while both have the same number of them.
        link = entry.id or (f"{position}/{len(entries)}" if path_language(context.request.uri) else None)
        yield NewArticle(
            key=key if seen[key] == 1 else f"{key}-{seen[key]}",
            title=title,
            chunks=chunks,
            kind=ArticleKind.FAQ,
            lang=lang,
            product=entry.product or context.product,
            product_version=context.product_version,
            audience=_rule(entry.audience) or context.audience,
            translation_key=f"{path}#{link}" if link else None,
        )


def _language_of_entry(entry: FaqEntry, default: str) -> str:
    if han_count(entry.question) >= 2:
        return "zh"
    prose = " ".join(block.text for block in entry.answer if block.kind is not BlockKind.CODE)
    return language_of(f"{entry.question} {prose}", default)


def _entry_key(entry: FaqEntry, lang: str) -> str:
    if entry.id:
        return f"faq-{slug(entry.id)}-{lang}"
    asked = unicodedata.normalize("NFKC", squeeze(entry.question)).lower()
    return f"faq-{hashlib.blake2b(asked.encode(), digest_size=8).hexdigest()}"


def _page_article(blocks: Sequence[Block], context: _Context, *, beside_entries: bool) -> NewArticle | None:
    if (
        beside_entries
        and sum(size(block.text) for block in blocks if block.kind is not BlockKind.HEADING) < 20
    ):
        return None  # what is left of a FAQ page is a line or nothing
    found = chunking.sections(blocks, title=context.title)
    chunks = tuple(chunking.chunk_sections(found, uri=context.request.uri, lang=context.lang))
    if not chunks:
        return None
    pages = context.parsed.pages or 0
    is_long = len(chunks) >= _MANUAL_CHUNKS or pages >= _MANUAL_PAGES
    return NewArticle(
        key="page",
        title=context.title,
        chunks=chunks,
        kind=ArticleKind.MANUAL if is_long else context.parsed.kind,
        lang=context.lang,
        product=context.product,
        product_version=context.product_version,
        audience=context.audience,
        translation_key=translation_path(context.request.uri),
    )
