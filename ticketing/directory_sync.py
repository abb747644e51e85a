"""Other systems that tell us of companies, people and products: signed messages, each taken once.

Signed as Standard Webhooks says, with the secret that the settings hold for the source. A message that is older
than five minutes is refused, one that was taken before gets the same answer and changes nothing, and one that
was overtaken by a newer state of the same thing is left aside.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from foundation import clock
from foundation.access import Role, Viewer
from foundation.db import ReadSession, WriteSession
from foundation.settings import get_settings
from ticketing import customer_records, webhooks
from ticketing.customer_records import RecordKind
from ticketing.errors_directory import RecordInvalidError, SyncRefusedError
from ticketing.tables import SyncMessageTable

TOLERANCE = timedelta(minutes=5)
_KEEP = timedelta(days=7)
_KINDS = {
    "company.upserted": RecordKind.COMPANIES,
    "person.upserted": RecordKind.PEOPLE,
    "person.removed": RecordKind.PEOPLE,
    "product.upserted": RecordKind.PRODUCTS,
}
EVENTS = tuple(_KINDS)


@dataclass(frozen=True, kw_only=True)
class SyncMessage:
    """A message as it came; `body` is what was signed."""

    source: str
    message_id: str
    timestamp: str
    signature: str
    body: bytes


def check(message: SyncMessage) -> None:
    """Refuse a message that its source has not signed just now. Raises SyncRefusedError."""
    secret = get_settings().desk.sync_secrets.get(message.source)
    if secret is None:
        raise SyncRefusedError("unknown_source")
    if not message.timestamp.isascii() or not message.timestamp.isdigit() or len(message.timestamp) > 12:
        raise SyncRefusedError("bad_timestamp")
    sent = int(message.timestamp)
    if abs(clock.now().timestamp() - sent) > TOLERANCE.total_seconds():
        raise SyncRefusedError("too_old")
    wanted = webhooks.signature(secret.get_secret_value(), message.message_id, sent, message.body)
    given = message.signature.split(" ")  # several while a secret is being changed
    if not any(hmac.compare_digest(wanted.encode(), one.encode()) for one in given):
        raise SyncRefusedError("bad_signature")


def take(session: WriteSession, message: SyncMessage, event: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Take a checked message once; returns what came of it, the same for a repetition.

    Raises RecordInvalidError, and DomainError for what the directory refuses.
    """
    if (before := _answer(session, message)) is not None:
        return before
    if event not in _KINDS:
        raise RecordInvalidError("type", "unknown_event", f"one of: {', '.join(EVENTS)}")
    row = SyncMessageTable(
        source=message.source, message_id=message.message_id, received_at=clock.now(), answer={}
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:  # another worker has just taken it
        return _answer(session, message) or {}
    record = _flat(data) | ({"is_active": "no"} if event == "person.removed" else {})
    actor = Viewer(name=f"⇄ {message.source}", role=Role.MANAGER)
    outcome = customer_records.put(session, _KINDS[event], record, actor, at=_state_at(data))
    row.answer = {"outcome": outcome}
    session.execute(delete(SyncMessageTable).where(SyncMessageTable.received_at < clock.now() - _KEEP))
    session.flush()
    return dict(row.answer)


def _answer(session: ReadSession, message: SyncMessage) -> dict[str, Any] | None:
    mine = SyncMessageTable.source == message.source, SyncMessageTable.message_id == message.message_id
    return session.scalar(select(SyncMessageTable.answer).where(*mine))


def _flat(data: Mapping[str, Any]) -> dict[str, str]:
    """A message's data as the cells of a table: lists become what a cell of tags looks like."""
    return {str(name): _cell(str(name), value) for name, value in data.items() if value is not None}


def _cell(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "; ".join(value)
    raise RecordInvalidError(name[:100], "bad_value", "a text, number, flag or list of texts")


def _state_at(data: Mapping[str, Any]) -> datetime | None:
    said = data.get("updated_at")
    if said is None:
        return None
    try:
        found = datetime.fromisoformat(str(said))
    except ValueError as error:
        raise RecordInvalidError("updated_at", "bad_time", "a time such as 2026-12-31T08:00:00Z") from error
    if found.tzinfo is None:
        raise RecordInvalidError("updated_at", "bad_time", "a time with its zone")
    return found
