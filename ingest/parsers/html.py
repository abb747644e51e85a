"""HTML pages: the main content, without menus, cookie notes and footers."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.errors import UnreadableFileError
from ingest.parsers import plain
from ingest.parsers.html_blocks import walk
from ingest.text import squeeze
from ingest.types import Block, BlockKind, ParsedFile

# Where generators of documentation and common sites put the content, the most certain first.
_MAIN = (
    "[itemprop=articleBody]",
    "main article",
    "[role=main]",
    "main",
    "article",
    ".markdown-body",
    "#content",
    "body",
)
_NOISE = (
    "script,style,noscript,template,nav,aside,iframe,svg,form,button,[role=navigation],[role=banner],"
    "[role=contentinfo],[role=search],[role=complementary],[aria-hidden=true],[hidden],.headerlink,.breadcrumb,"
    ".breadcrumbs,.sidebar,.toc,.toctree-wrapper,.pagination,.cookie,.cookie-banner,.edit-this-page,.skip-link"
)
_LINK = re.compile(r"\[((?:\\.|[^\]\\])*)\]\([^)]*\)")
_EDGES = "header,footer"
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w\-]+)", re.IGNORECASE)
_SAME_AS_GB18030 = frozenset({"gb2312", "gbk", "gb_2312-80", "x-gbk"})


def decode(raw: bytes) -> str:
    """The page's text: by its byte order mark, by what it says of itself, else by what it looks like."""
    declared = _CHARSET.search(raw[:4096])
    if declared and not raw.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        name = declared.group(1).decode("ascii").lower()
        try:
            return raw.decode("gb18030" if name in _SAME_AS_GB18030 else name)
        except (LookupError, UnicodeDecodeError):
            pass  # pages often lie about it
    text = plain.decode(raw)
    if not text.strip():
        raise UnreadableFileError("empty_file")
    return text


def parse(source: str) -> ParsedFile:
    """The main content of a page. Raises UnreadableFileError `no_text`."""
    page = LexborHTMLParser(source)
    metadata = _metadata(page)
    title = metadata.pop("title", None)  # the page's first heading says it without the site's name
    main = _main(page)
    if main is None:
        raise UnreadableFileError("no_text")
    for node in main.css(_NOISE):
        node.decompose()
    for node in main.css(_EDGES):
        if node.css_first("h1, table") is None and not _is_inside_article(node):
            node.decompose()
    blocks = tuple(block for block in walk(main) if not _is_menu(block))
    if not blocks:
        blocks = _by_density(source)
    if not blocks:
        raise UnreadableFileError("no_text")
    return ParsedFile(blocks=blocks, title=title, metadata=metadata)


def _is_menu(block: Block) -> bool:
    """Whether a paragraph is nothing but links one after the other."""
    if block.kind is not BlockKind.TEXT:
        return False
    linked = [match.group(1) for match in _LINK.finditer(block.markdown)]
    return len(linked) >= 3 and sum(map(len, linked)) >= 0.8 * len(block.text)


def _main(page: LexborHTMLParser) -> LexborNode | None:
    whole = len(page.body.text(deep=True)) if page.body is not None else 0
    for selector in _MAIN:
        found = page.css(selector)
        # One teaser among many is not the main content: it must hold a fair share of the page.
        if len(found) == 1 and (selector == "body" or len(found[0].text(deep=True)) >= max(whole * 0.15, 20)):
            return found[0]
    return page.body


def _is_inside_article(node: LexborNode) -> bool:
    parent = node.parent
    return parent is not None and parent.tag == "article"


def _by_density(source: str) -> tuple[Block, ...]:
    """What trafilatura finds where the page's own structure gave nothing."""
    import trafilatura

    extracted = trafilatura.extract(source, output_format="html", include_tables=True)
    body = LexborHTMLParser(extracted).body if extracted else None
    return tuple(walk(body)) if body is not None else ()


def _metadata(page: LexborHTMLParser) -> dict[str, str]:
    found: dict[str, str] = {}
    title = page.css_first("title")
    if title is not None and squeeze(title.text()):
        found["title"] = squeeze(title.text())
    root = page.css_first("html")
    language = (root.attributes.get("lang") or "") if root is not None else ""
    if language[:2].lower() in {"zh", "en"}:
        found["language"] = language[:2].lower()
    for meta in page.css("meta[name]"):
        name, content = meta.attributes.get("name") or "", meta.attributes.get("content") or ""
        if name.lower() in {"product", "audience", "version"} and content:
            found[name.lower()] = content
    return found
