"""Webhooks: other systems that hear of what happens here, for service managers to set up and look after."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from portal_api.dependencies import AsManager, InTransaction, Reading
from ticketing import webhooks
from ticketing.webhooks import Webhook

router = APIRouter(prefix="/api/v1", tags=["webhooks"])

WebhookId = Annotated[int, Path(ge=1, le=2**31 - 1)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Url = Annotated[str, Field(min_length=1, max_length=2000)]
Events = Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=20)]


class WebhookIn(BaseModel):
    """An address and the events it hears; without events only rules call it."""

    name: Name
    url: Url
    events: Events = []


class WebhookEditIn(WebhookIn):
    """The webhook as it is to be."""

    is_enabled: bool = True


class WebhookOut(BaseModel):
    """A webhook; its secret is told only when it is made."""

    id: int
    name: str
    url: str
    events: list[str]
    is_enabled: bool
    created_at: datetime


class WebhookMadeOut(WebhookOut):
    """A new webhook with the secret that signs its messages, told only here."""

    secret: str


class WebhooksOut(BaseModel):
    """All webhooks, and the events there are."""

    items: list[WebhookOut]
    total: int
    events: list[str]


class DeliveryOut(BaseModel):
    """One message and what became of it."""

    id: int
    event: str
    state: str
    attempts: int
    status_code: int | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None


class DeliveriesOut(BaseModel):
    """The newest messages, newest first."""

    items: list[DeliveryOut]
    total: int


def _fields(hook: Webhook) -> dict[str, object]:
    return {**vars(hook), "events": list(hook.events)}


@router.get("/webhooks")
def list_webhooks(_manager: AsManager, session: Reading) -> WebhooksOut:
    """All webhooks; never their secrets."""
    items = [WebhookOut.model_validate(_fields(one)) for one in webhooks.webhooks(session)]
    return WebhooksOut(items=items, total=len(items), events=list(webhooks.EVENTS))


@router.post("/webhooks", status_code=201)
def add_webhook(body: WebhookIn, _manager: AsManager, session: InTransaction) -> WebhookMadeOut:
    """Set up a webhook; keep the secret, it is told only here."""
    made, secret = webhooks.add(session, name=body.name, url=body.url, events=tuple(body.events))
    return WebhookMadeOut.model_validate({**_fields(made), "secret": secret})


@router.put("/webhooks/{webhook_id}")
def edit_webhook(
    webhook_id: WebhookId, body: WebhookEditIn, _manager: AsManager, session: InTransaction
) -> WebhookOut:
    """Change what a webhook hears and where, or switch it off."""
    changed = webhooks.change(
        session,
        webhook_id,
        name=body.name,
        url=body.url,
        events=tuple(body.events),
        is_enabled=body.is_enabled,
    )
    return WebhookOut.model_validate(_fields(changed))


@router.delete("/webhooks/{webhook_id}", status_code=204)
def delete_webhook(webhook_id: WebhookId, _manager: AsManager, session: InTransaction) -> None:
    """Forget a webhook and its log."""
    webhooks.remove(session, webhook_id)


@router.get("/webhooks/{webhook_id}/deliveries")
def list_deliveries(
    webhook_id: WebhookId,
    _manager: AsManager,
    session: Reading,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> DeliveriesOut:
    """The newest messages of a webhook, newest first: what was sent, tried again, given up."""
    items = [DeliveryOut(**vars(one)) for one in webhooks.deliveries(session, webhook_id, limit=limit)]
    return DeliveriesOut(items=items, total=len(items))
