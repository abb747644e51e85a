"""Other systems that hear of what happens here: signed messages, tried again, kept in a log.

Signed as Standard Webhooks says: `webhook-id`, `webhook-timestamp`, and `webhook-signature`, the base64 of
HMAC-SHA256 over `<id>.<timestamp>.<body>`. A message may come twice; its id tells. An address inside the
operator's own network is refused unless the operator has named its host.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from foundation import clock, outgoing
from foundation.db import ReadSession, WriteSession, read_session, write_session
from foundation.jobs import enqueue_after_commit
from foundation.settings import get_settings
from ticketing.errors import WebhookInvalidError, WebhookNotFoundError
from ticketing.tables_rules import DeliveryTable, WebhookTable

EVENTS = (
    "ticket.created",
    "ticket.changed",
    "ticket.replied",
    "ticket.resolved",
    "ticket.rated",
    "ticket.breached",
)
RETRY_AFTER = tuple(timedelta(minutes=one) for one in (1, 5, 30, 120, 480))
_PREFIX = "whsec_"
_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
_NO_REDIRECTS = 0  # a signed message goes to the address it was meant for, or nowhere


@dataclass(frozen=True, kw_only=True)
class Webhook:
    id: int
    name: str
    url: str
    events: tuple[str, ...]
    is_enabled: bool
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Delivery:
    id: int
    event: str
    state: str  # waiting, delivered, failed
    attempts: int
    status_code: int | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None


def webhooks(session: ReadSession) -> list[Webhook]:
    """All webhooks, oldest first; never their secrets."""
    return [_to_webhook(row) for row in session.scalars(select(WebhookTable).order_by(WebhookTable.id))]


def _to_webhook(row: WebhookTable) -> Webhook:
    return Webhook(
        id=row.id,
        name=row.name,
        url=row.url,
        events=tuple(row.events),
        is_enabled=row.is_enabled,
        created_at=row.created_at,
    )


def webhook(session: ReadSession, webhook_id: int) -> Webhook:
    """One webhook. Raises WebhookNotFoundError."""
    return _to_webhook(_row(session, webhook_id))


def _row(session: ReadSession, webhook_id: int) -> WebhookTable:
    row = session.get(WebhookTable, webhook_id)
    if row is None:
        raise WebhookNotFoundError(webhook_id)
    return row


def add(session: WriteSession, *, name: str, url: str, events: tuple[str, ...] = ()) -> tuple[Webhook, str]:
    """A new webhook and its secret, which is told only here. Raises WebhookInvalidError."""
    secret = _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    row = WebhookTable(secret=secret, created_at=clock.now(), is_enabled=True)
    _write(row, name, url, events)
    session.add(row)
    session.flush()
    return _to_webhook(row), secret


def change(
    session: WriteSession,
    webhook_id: int,
    *,
    name: str,
    url: str,
    events: tuple[str, ...],
    is_enabled: bool,
) -> Webhook:
    """Change what a webhook hears and where. Raises WebhookNotFoundError, WebhookInvalidError."""
    row = _row(session, webhook_id)
    _write(row, name, url, events)
    row.is_enabled = is_enabled
    session.flush()
    return _to_webhook(row)


def _write(row: WebhookTable, name: str, url: str, events: tuple[str, ...]) -> None:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or parts.username or len(url) > 2000:
        raise WebhookInvalidError("an address that begins with https:// or http:// is needed")
    if unknown := set(events) - set(EVENTS):
        raise WebhookInvalidError(f"there is no event {sorted(unknown)[0]}")
    row.name, row.url, row.events = name, url, [one for one in EVENTS if one in events]


def remove(session: WriteSession, webhook_id: int) -> None:
    """Forget a webhook and its log. Raises WebhookNotFoundError."""
    session.delete(_row(session, webhook_id))
    session.flush()


def deliveries(session: ReadSession, webhook_id: int, *, limit: int = 50) -> list[Delivery]:
    """The newest messages of a webhook, newest first. Raises WebhookNotFoundError."""
    _row(session, webhook_id)
    mine = select(DeliveryTable).where(DeliveryTable.webhook_id == webhook_id)
    return [
        Delivery(
            id=row.id,
            event=row.event,
            state=row.state,
            attempts=row.attempts,
            status_code=row.status_code,
            error=row.error,
            created_at=row.created_at,
            finished_at=row.finished_at,
        )
        for row in session.scalars(mine.order_by(DeliveryTable.id.desc()).limit(limit))
    ]


def send(session: WriteSession, webhook_id: int, event: str, key: str, data: Mapping[str, Any]) -> int:
    """Have a message delivered after the commit; the same key is one message. Returns its id.

    Raises WebhookNotFoundError for one that is gone or switched off.
    """
    hook = _row(session, webhook_id)
    if not hook.is_enabled:
        raise WebhookNotFoundError(webhook_id)
    now = clock.now()
    body = {"type": event, "timestamp": now.isoformat(), "data": dict(data)}
    row = DeliveryTable(
        webhook_id=webhook_id, event=event, event_key=key, body=body, state="waiting", created_at=now
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        known = DeliveryTable.webhook_id == webhook_id, DeliveryTable.event_key == key
        return session.scalars(select(DeliveryTable.id).where(*known)).one()
    enqueue_after_commit(session, "ticketing.jobs.deliver_webhook", delivery_id=row.id)
    return row.id


def subscribed(session: ReadSession, event: str) -> list[int]:
    """Ids of the webhooks that hear of `event`."""
    rows = session.scalars(select(WebhookTable).where(WebhookTable.is_enabled).order_by(WebhookTable.id))
    return [row.id for row in rows if event in row.events]


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """What `webhook-signature` holds for this message."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def deliver(delivery_id: int) -> None:
    """Send one message that waits; no transaction is open while the other side answers."""
    with read_session() as session:
        row = session.get(DeliveryTable, delivery_id)
        hook = session.get(WebhookTable, row.webhook_id) if row is not None else None
    if row is None or hook is None or row.state != "waiting":
        return
    status_code, error = _post(hook.url, hook.secret, delivery_id, row.body)
    with write_session() as writing:
        written = writing.get(DeliveryTable, delivery_id)
        if written is not None and written.state == "waiting":
            _note_result(writing, written, status_code, error)


def _note_result(
    session: WriteSession, row: DeliveryTable, status_code: int | None, error: str | None
) -> None:
    row.attempts, row.status_code, row.error = row.attempts + 1, status_code, error
    if error is None:
        row.state, row.finished_at = "delivered", clock.now()
    elif row.attempts > len(RETRY_AFTER):
        row.state, row.finished_at = "failed", clock.now()
    else:
        delay = RETRY_AFTER[row.attempts - 1]
        enqueue_after_commit(session, "ticketing.jobs.deliver_webhook", delay=delay, delivery_id=row.id)


def _post(url: str, secret: str, delivery_id: int, body: Mapping[str, Any]) -> tuple[int | None, str | None]:
    """The status the other side gave, and what went wrong if anything did."""
    written = json.dumps(body, ensure_ascii=False).encode()
    message_id, timestamp = f"msg_{delivery_id}", int(clock.now().timestamp())
    headers = {
        "User-Agent": "Jieda-webhook/1",
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, written),
    }
    try:
        with (
            outgoing.guarded_client(
                _address, timeout=_TIMEOUT, headers=headers, redirects=_NO_REDIRECTS
            ) as client,
            client.stream("POST", url, content=written) as answer,
        ):
            is_good = 200 <= answer.status_code < 300
            return answer.status_code, None if is_good else f"status {answer.status_code}"
    except outgoing.UnsafeAddressError:
        return None, "unsafe_url: the address lies inside a private network"
    except outgoing.NoAddressError:
        return None, "there is no such host"
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return None, type(error).__name__


def _address(host: str, port: int) -> str:
    return outgoing.public_address(host, port, trusted=get_settings().desk.webhook_hosts)
