"""reStructuredText through docutils, closed: nothing is included, nothing raw, and Sphinx's words do no harm."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from docutils import nodes
from docutils.core import publish_parts
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.languages import en
from docutils.transforms import Transform
from docutils.utils import column_width
from docutils.writers.html5_polyglot import Writer

from ingest.parsers.html_blocks import parse_html
from ingest.types import ParsedFile

_ROLE = re.compile(r"(?<![\w`]):([A-Za-z][\w.+:\-]*):`")
_DIRECTIVE = re.compile(
    r"^[ \t]*(?:[-*][ \t]+)*\.\.[ \t]+(?:\|[^|\n]+\|[ \t]+)?([A-Za-z][\w.+:\-]*?)[ \t]?::", re.MULTILINE
)
_TARGETED = re.compile(r"^(.*?)\s*<([^<>]+)>$", re.DOTALL)
_SILENT_ROLES = frozenset({"link_to_translation", "raw-html", "index", "download_link"})
_TARGET_ONLY = frozenset({"doc", "any", "numref", "download"})  # a bare target of these is a path
_SILENT_DIRECTIVES_NAMES = (
    "toctree contents raw include literalinclude index highlight highlightlang meta image figure-links "
    "tabularcolumns sectnum header footer blockdiag seqdiag nwdiag packetdiag graphviz digraph graph "
    "uml mermaid plantuml bibliography currentmodule module automodule autoclass autofunction "
    "autosummary doxygenfunction doxygenstruct doxygenfile doxygenclass doxygengroup include-build-file "
    "role default-role title csv-table-file target-notes date"
)
_SILENT_DIRECTIVES = frozenset(_SILENT_DIRECTIVES_NAMES.split())
_CODE_DIRECTIVES = frozenset(
    {"sourcecode", "code-block", "parsed-literal", "prompt", "console", "code::text", "highlight-block"}
)
_BODY_WITH_TITLE = frozenset(
    {"tab", "group-tab", "tab-item", "dropdown", "admonition-title", "rubric", "details"}
)
_SETTINGS: dict[str, Any] = {
    "report_level": 5,
    "halt_level": 5,
    "warning_stream": False,
    "traceback": False,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    "doctitle_xform": False,
    "sectsubtitle_xform": False,
    "docinfo_xform": True,
    "initial_header_level": 1,
    "syntax_highlight": "none",
    "smart_quotes": False,
    "embed_stylesheet": False,
    "stylesheet_path": None,
    "math_output": "LaTeX",
    "input_encoding": "unicode",
    "line_length_limit": 1_000_000,
    "exit_status_level": 6,
}


class _Silent(Directive):
    """A directive whose content is no text for readers."""

    optional_arguments, final_argument_whitespace, has_content = 1, True, True
    option_spec: ClassVar[Any] = None

    def run(self) -> list[nodes.Node]:
        return []


class _Container(Directive):
    """A directive we do not know: its argument is a line of text if it may be, its content is read on."""

    optional_arguments, final_argument_whitespace, has_content = 1, True, True
    option_spec: ClassVar[Any] = None

    def run(self) -> list[nodes.Node]:
        made = nodes.container()
        lines = [line for line in self.content if not re.match(r"^\s*:[\w\-]+:(\s|$)", line)]
        if self.arguments and (self.name in _BODY_WITH_TITLE or not self.content):
            made += nodes.paragraph("", self.arguments[0])
        if lines:
            self.state.nested_parse(self.content, self.content_offset, made)
        return [made] if made.children else []


class _Listing(Directive):
    """A listing; the language is the argument, options such as captions and highlighted lines go."""

    optional_arguments, final_argument_whitespace, has_content = 1, True, True
    option_spec: ClassVar[Any] = None

    def run(self) -> list[nodes.Node]:
        lines = list(self.content)
        while lines and (not lines[0].strip() or re.match(r"^\s*:[\w\-]+:", lines[0])):
            lines.pop(0)
        code = "\n".join(lines)
        language = (self.arguments[0] if self.arguments else "").strip().split()
        return [
            nodes.literal_block(code, code, classes=["code", *(f"language-{name}" for name in language[:1])])
        ]


def _read_role(
    name: str, rawtext: str, text: str, *_rest: Any, **_options: Any
) -> tuple[list[nodes.Node], list[Any]]:
    if name.lower() in _SILENT_ROLES:
        return [], []
    words = nodes.unescape(text)
    targeted = _TARGETED.match(words)
    if targeted:
        words = targeted.group(1)
    elif name.rpartition(":")[2].lower() in _TARGET_ONLY:
        words = words.rstrip("/").rpartition("/")[2]
    return [nodes.inline(rawtext, words.lstrip("~!"))], []


def _know(source: str) -> None:
    """Give every role and directive of this page a meaning, so that an unknown one is not an error."""
    for name in {found.lower() for found in _ROLE.findall(source)}:
        if name not in en.roles:
            roles.register_local_role(name, _read_role)  # type: ignore[arg-type]  # stubs want references only
    for name in {found.lower() for found in _DIRECTIVE.findall(source)}:
        if name in _SILENT_DIRECTIVES:
            directives.register_directive(name, _Silent)
        elif name in _CODE_DIRECTIVES or name == "code":
            directives.register_directive(name, _Listing)
        elif name not in en.directives:
            directives.register_directive(name, _Container)


class _Quiet(Transform):
    """Takes docutils' own remarks out of the page; a reference that leads nowhere keeps its words."""

    default_priority = 855  # after references are resolved, before docutils tidies up in its own way

    def apply(self, **_options: Any) -> None:
        for remark in list(self.document.findall(nodes.system_message)):
            remark.parent.remove(remark)
        for problem in list(self.document.findall(nodes.problematic)):
            words = re.sub(r"^:[\w:.\-]+:", "", problem.astext()).strip("`_|")
            problem.parent.replace(problem, nodes.Text(words))
        for section in list(self.document.findall(nodes.section)):
            if "system-messages" in section.get("classes", []):
                section.parent.remove(section)


class _QuietWriter(Writer):
    def get_transforms(self) -> list[type[Transform]]:
        return [*super().get_transforms(), _Quiet]


_TITLE = re.compile(
    r"^(?:(?P<over>(?P<sign>[=\-~^\"'#*+`:.])(?P=sign){2,})[ \t]*\n(?P<indent>[ ]*))?"
    r"(?P<title>[^\s].*)\n(?P<under>([=\-~^\"'#*+`:.])\6{2,})[ \t]*$",
    re.MULTILINE,
)
_FIELD = re.compile(
    r":(?P<name>[A-Za-z][\w \-]*):[ \t]+(?P<value>[^`\s].*)|:(?P<bare>[A-Za-z][\w\-]*):[ \t]*"
)
_TITLE_LINES = 3
_SAYS = frozenset({"product", "language", "lang", "version", "audience", "title"})


_CHINESE = r"[\u2e80-\u9fff\uff00-\uffef\u3000-\u303f]"
_LITERAL_BESIDE_CHINESE = re.compile(
    rf"(?P<before>(?<={_CHINESE}))?(?<!`)(?P<literal>``[^`\n]+``)(?!`)(?P<after>(?={_CHINESE}))?"
)


def _set_apart(match: re.Match[str]) -> str:
    """Chinese is written without blanks around a literal; docutils wants at least an escaped one."""
    before = "\\ " if match["before"] is not None else ""
    after = "\\ " if match["after"] is not None else ""
    return f"{before}{match['literal']}{after}"


def parse(source: str) -> ParsedFile:
    """The blocks of a reStructuredText page; what docutils cannot make sense of stays as text."""
    source = _LITERAL_BESIDE_CHINESE.sub(_set_apart, source.replace("\r\n", "\n").replace("\r", "\n"))
    metadata, source = _split_docinfo(source)
    _know(source)
    body = publish_parts(
        _with_long_underlines(source), writer=_QuietWriter(), settings_overrides=dict(_SETTINGS)
    )
    return ParsedFile(blocks=parse_html(body["html_body"]), metadata=metadata)


def _split_docinfo(source: str) -> tuple[dict[str, str], str]:
    """What the fields below the title say of the page, and the page without them; none where it has none of ours."""
    lines = source.split("\n")
    start = next((place for place, line in enumerate(lines) if _FIELD.fullmatch(line.rstrip())), None)
    if start is None or sum(bool(line.strip()) for line in lines[:start]) > _TITLE_LINES:
        return {}, source
    end = start
    found: dict[str, str] = {}
    while end < len(lines) and (field := _FIELD.fullmatch(lines[end].rstrip())):
        if field["name"]:
            found[field["name"].lower()] = field["value"].strip()
        end += 1
    if not _SAYS & found.keys():
        return {}, source
    return found, "\n".join([*lines[:start], *lines[end:]])


def _with_long_underlines(source: str) -> str:
    """An underline shorter than its Chinese title is meant as one; docutils would only grudgingly agree.

    A line above the title grows with the one below it, or docutils takes neither for a title.
    """

    def lengthen(match: re.Match[str]) -> str:
        title, under = match["title"], match["under"]
        over, indent = match["over"] or "", match["indent"] or ""
        needed = max(len(under), len(over), column_width(indent + title))
        if over and over[0] == under[0]:
            return f"{over[0] * needed}\n{indent}{title}\n{under[0] * needed}"
        head = f"{over}\n{indent}" if over else ""
        return f"{head}{title}\n{under[0] * max(len(under), column_width(title))}"

    return _TITLE.sub(lengthen, source)
