"""Markdown: front matter, tables, code fences, embedded HTML; template marks of site generators go."""

from __future__ import annotations

import re
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.parsers.html_blocks import parse_html
from ingest.types import ParsedFile

_FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_SHORTCODE = re.compile(r"\{\{[<%].*?[>%]\}\}|\{%.*?%\}")
_VARIABLE = re.compile(r"\{\{\{?\s*\.?([\w.\-]+)\s*\}?\}\}")
_HEADING_ID = re.compile(r"\s*\{#([\w\-.:]+)[^}]*\}\s*$")
_TAG = re.compile(r"</?([A-Za-z][\w\-]*)")
_KNOWN_TAGS_NAMES = (
    "a abbr b blockquote br center code dd del details div dl dt em figcaption figure font h1 h2 h3 h4 "
    "h5 h6 hr i img ins kbd label li mark ol p picture pre q s samp section small source span strike "
    "strong sub summary sup table tbody td tfoot th thead tr tt u ul var video audio iframe script "
    "style svg path"
)
_KNOWN_TAGS = frozenset(_KNOWN_TAGS_NAMES.split())
_TEMPLATE_PARTS = re.compile(r"^(?:import|export)\s.+(?:from\s+['\"].+['\"]|\{.*\}|=.*);?\s*$", re.MULTILINE)


def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


_READER = _reader()


def parse(source: str) -> ParsedFile:
    """The blocks and front matter of a Markdown page. Never fails: what is not Markdown is text."""
    metadata, body = split_front_matter(source)
    environment: dict[str, Any] = {}
    tokens = _READER.parse(body, environment)
    if _is_contents(tokens):
        return ParsedFile(title=metadata.get("title"), metadata=metadata)
    for index, token in enumerate(tokens):
        _tidy(token, tokens[index - 1] if index else None)
    blocks = parse_html(_READER.renderer.render(tokens, _READER.options, environment))
    return ParsedFile(blocks=blocks, title=metadata.get("title"), metadata=metadata)


def _is_contents(tokens: list[Token]) -> bool:
    """Whether the page is a table of contents: next to nothing but links to other pages of the same site."""
    lines = [
        token for index, token in enumerate(tokens) if token.type == "inline" and _is_body(tokens, index)
    ]
    bare = [line for line in lines if line.children and _is_local_link(line.children)]
    return len(bare) >= 5 and len(bare) >= 0.8 * len(lines)


def _is_body(tokens: list[Token], index: int) -> bool:
    return index > 0 and tokens[index - 1].type != "heading_open"


def _is_local_link(children: list[Token]) -> bool:
    opened = [child for child in children if child.type == "link_open"]
    ends = children[0].type == "link_open" and children[-1].type == "link_close"
    return ends and len(opened) == 1 and "://" not in str(opened[0].attrs.get("href", ""))


def split_front_matter(source: str) -> tuple[dict[str, str], str]:
    """Front matter with lower-case keys and text values, and what follows it; broken YAML counts as text."""
    match = _FRONT_MATTER.match(source)
    if match is None:
        return {}, source
    try:
        loaded = yaml.safe_load(match.group(1))
    except yaml.YAMLError:
        return {}, source[match.end() :]
    if not isinstance(loaded, dict):
        return {}, source[match.end() :]
    flat = {
        str(key).lower(): _without_templates(str(value)) for key, value in loaded.items() if _is_scalar(value)
    }
    return flat, source[match.end() :]


def _is_scalar(value: Any) -> bool:
    return value is not None and not isinstance(value, list | dict)


def _tidy(token: Token, opened: Token | None) -> None:
    if token.type == "html_block":
        token.content = _without_components(_without_templates(token.content))
    if token.type != "inline" or not token.children:
        return
    for child in token.children:
        _tidy_inline(child)
    last = token.children[-1]
    if opened is not None and opened.type == "heading_open" and last.type == "text":
        marked = _HEADING_ID.search(last.content)
        if marked:
            opened.attrs["id"] = marked.group(1)
            last.content = last.content[: marked.start()]


def _tidy_inline(child: Token) -> None:
    if child.type == "text":
        child.content = _without_templates(child.content)
    elif child.type == "html_inline" and _is_placeholder(child.content):
        child.type = "text"  # "<version>" in running text means these very characters
    elif child.type == "image":
        child.content, child.children = "", []  # a picture's alternative text reads as noise here


def _is_placeholder(tag: str) -> bool:
    found = _TAG.match(tag)
    if found is None:
        return False
    name = found.group(1)
    return (
        name.lower() not in _KNOWN_TAGS and name[0].islower() and not tag.startswith("</") and "=" not in tag
    )


def _without_templates(text: str) -> str:
    if "{" not in text:
        return text
    return _VARIABLE.sub(r"\1", _SHORTCODE.sub("", text))


def _without_components(html: str) -> str:
    return _TEMPLATE_PARTS.sub("", html)
