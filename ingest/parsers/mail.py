"""Mail: subject, who wrote when, the text without what it quotes, and the attachments as files of their own."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from ingest.errors import UnreadableFileError
from ingest.parsers import html, plain
from ingest.parsers.archives import Enclosed, safe_name
from ingest.text import clean, escape_markdown, squeeze
from ingest.types import Block, BlockKind, ParsedFile

_QUOTE = re.compile(r"^\s*>")
_QUOTE_BEGINS = re.compile(
    r"^\s*(?:-{2,}\s*(?:original message|forwarded message|原始邮件|转发邮件|邮件原件)\s*-{2,}|on .{8,120} wrote:|"
    r"在 ?.{6,100}写道[：:]|于 ?.{6,100}写道[：:])\s*$",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"^-- ?$")
_REPLY = re.compile(r"^(?:(?:re|fwd?|aw|回复|答复|转发|转寄)\s*[:：]\s*)+", re.IGNORECASE)
_MAX_ATTACHMENTS = 200


@dataclass(frozen=True)
class Mail:
    """A message as it is read: its own text, and what came with it."""

    parsed: ParsedFile
    attachments: tuple[Enclosed, ...]


def parse_eml(path: Path) -> Mail:
    """A message as the internet knows it. Raises UnreadableFileError `broken_mail`."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    try:
        if not message.keys():
            raise UnreadableFileError("broken_mail", "no header")
        body = _body(message)
        head = [
            (name, squeeze(str(message[name] or ""))) for name in ("From", "To", "Date") if name in message
        ]
        subject = squeeze(str(message["Subject"] or ""))
        attachments = tuple(_attachments(message))
    except (LookupError, ValueError, AttributeError, TypeError) as error:
        raise UnreadableFileError("broken_mail", type(error).__name__) from error
    return _mail(subject, head, body, attachments)


def parse_msg(path: Path) -> Mail:
    """A message as Outlook saves it. Raises UnreadableFileError `broken_mail`."""
    from oxmsg import Message

    try:
        message = Message.load(str(path))
        head = [("From", squeeze(message.sender or "")), ("Date", _sent(message))]
        body = _msg_body(message)
        attachments = tuple(
            Enclosed(safe_name(one.file_name or f"attachment-{place}"), one.file_bytes or b"")
            for place, one in enumerate(message.attachments, start=1)
            if one.attached_by_value and place <= _MAX_ATTACHMENTS
        )
        subject = squeeze(message.subject or "")
    except (MemoryError, UnreadableFileError):
        raise
    except Exception as error:
        raise UnreadableFileError("broken_mail", type(error).__name__) from error
    return _mail(subject, head, body, attachments)


def _sent(message: Any) -> str:
    return message.sent_date.isoformat(" ", "minutes") if message.sent_date else ""


def _msg_body(message: Any) -> Sequence[Block]:
    if message.html_body and message.html_body.strip():
        return _from_html(message.html_body)
    return _from_text(message.body or "")


def _mail(
    subject: str, head: list[tuple[str, str]], body: Sequence[Block], attachments: tuple[Enclosed, ...]
) -> Mail:
    lines = [f"{name}: {value}" for name, value in head if value]
    text = "\n".join(lines)
    top = (
        [Block(kind=BlockKind.TEXT, text=text, markdown=escape_markdown(text).replace("\n", "  \n"))]
        if text
        else []
    )
    if not body and not attachments and not subject:
        raise UnreadableFileError("no_text")
    title = _REPLY.sub("", subject)
    return Mail(ParsedFile(blocks=(*top, *body), title=title or None, may_be_faq=False), attachments)


def _body(message: EmailMessage) -> Sequence[Block]:
    part = message.get_body(preferencelist=("html", "plain"))
    if part is None:
        return ()
    text = _decoded(part)
    return _from_html(text) if part.get_content_subtype() == "html" else _from_text(text)


def _decoded(part: Any) -> str:
    raw = part.get_payload(decode=True) or b""
    charset = (part.get_content_charset() or "").lower()
    try:
        return str(raw.decode("gb18030" if charset in {"gb2312", "gbk"} else charset or "utf-8"))
    except (LookupError, UnicodeDecodeError):
        return plain.decode(raw) if raw.strip() else ""


def _from_html(source: str) -> Sequence[Block]:
    try:
        return html.parse(source).blocks
    except UnreadableFileError:
        return ()


def _from_text(text: str) -> Sequence[Block]:
    own = "\n".join(_own_lines(clean(text.replace("\r\n", "\n").replace("\r", "\n"))))
    return plain.parse(own).blocks if own.strip() else ()


def _own_lines(text: str) -> Iterator[str]:
    """The lines the sender wrote: neither quoted ones, nor what follows "original message", nor the signature."""
    for line in text.split("\n"):
        if _QUOTE_BEGINS.match(line) or _SIGNATURE.match(line):
            return
        if not _QUOTE.match(line):
            yield line


def _attachments(message: EmailMessage) -> Iterator[Enclosed]:
    for place, part in enumerate(message.iter_attachments(), start=1):
        if place > _MAX_ATTACHMENTS:
            return
        name = part.get_filename() or f"attachment-{place}{_suffix(part)}"
        if part.get_content_type() == "message/rfc822":
            inner: Any = part.get_payload(0) if part.is_multipart() else None
            content = inner.as_bytes() if inner is not None else b""
            yield Enclosed(safe_name(name if name.endswith(".eml") else f"attachment-{place}.eml"), content)
        elif part.get_content_disposition() != "inline" or not part.get("Content-ID"):
            held: Any = part.get_payload(decode=True)
            yield Enclosed(safe_name(name), held or b"")


def _suffix(part: Any) -> str:
    import mimetypes

    return mimetypes.guess_extension(part.get_content_type()) or ""
