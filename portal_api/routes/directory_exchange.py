"""The directory in and out: tables, messages of other systems, tiers by rule."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from foundation.db import write_session
from foundation.errors import InvalidInputError
from portal_api.dependencies import AsAgent, AsManager, InTransaction, Reading
from ticketing import directory_import, directory_sync, tier_rules
from ticketing.customer_records import RecordKind
from ticketing.directory_import import ImportResult
from ticketing.directory_sync import SyncMessage
from ticketing.tier_rules import TierRule

router = APIRouter(prefix="/api/v1", tags=["directory"])

Signed = Annotated[str, Header(max_length=500)]
_TABLE = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}
_MESSAGE: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
}


class RowOut(BaseModel):
    """What became of one row; without an outcome it is wrong, and the code says how."""

    row: int
    outcome: Literal["created", "updated", "unchanged"] | None
    title: str
    code: str | None
    column: str | None
    message: str | None


class ImportOut(BaseModel):
    """What became, or would become, of a table; wrong rows come first."""

    created: int
    updated: int
    unchanged: int
    failed: int
    ignored_columns: list[str]
    rows: list[RowOut]


class TierRuleIn(BaseModel):
    """Companies of which the conditions hold belong in the tier."""

    tier: Annotated[str, Field(max_length=100)]
    conditions: dict[str, Any]


class TierRulesIn(BaseModel):
    """All rules, in the order in which they are tried."""

    items: Annotated[list[TierRuleIn], Field(max_length=tier_rules.MOST)]


class TierRulesOut(BaseModel):
    """All rules; `moved` companies changed their tier by this edit."""

    items: list[TierRuleIn]
    total: int
    moved: int = 0


class SyncedOut(BaseModel):
    """What came of a message."""

    outcome: Literal["created", "updated", "unchanged"]


@router.post("/directory/imports/{kind}", openapi_extra=_TABLE)
async def import_table(
    kind: RecordKind,
    request: Request,
    viewer: AsManager,
    mode: Literal["preview", "apply"] = "preview",
    skip_failed: bool = False,
) -> ImportOut:
    """Try a CSV table, or take it. With a wrong row nothing is taken, unless those are to be left out."""
    raw = await request.body()

    def work() -> ImportResult:
        with write_session() as session:
            if mode == "preview":
                return directory_import.preview(session, kind, raw, viewer)
            return directory_import.apply(session, kind, raw, viewer, skip_failed=skip_failed)

    found = await run_in_threadpool(work)
    return ImportOut(
        **{name: value for name, value in vars(found).items() if name not in ("rows", "ignored_columns")},
        ignored_columns=list(found.ignored_columns),
        rows=[RowOut(**vars(one)) for one in found.rows],
    )


@router.get("/directory/exports/{kind}", response_class=Response)
def export_table(kind: RecordKind, _manager: AsManager, session: Reading) -> Response:
    """All companies, people or products as a CSV table that can be imported again."""
    headers = {"Content-Disposition": f'attachment; filename="{kind}.csv"'}
    return Response(
        directory_import.export(session, kind), media_type="text/csv; charset=utf-8", headers=headers
    )


@router.post("/directory/sync/{source}", openapi_extra=_MESSAGE)
async def sync(
    source: Annotated[str, Path(max_length=100)],
    request: Request,
    webhook_id: Annotated[str, Header(max_length=200)],
    webhook_timestamp: Annotated[str, Header(max_length=20)],
    webhook_signature: Signed,
) -> SyncedOut:
    """Take a signed message of another system: company.upserted, person.upserted, person.removed, product.upserted."""
    body = await request.body()
    message = SyncMessage(
        source=source,
        message_id=webhook_id,
        timestamp=webhook_timestamp,
        signature=webhook_signature,
        body=body,
    )
    directory_sync.check(message)
    event, data = _read(body)

    def work() -> dict[str, Any]:
        with write_session() as session:
            return directory_sync.take(session, message, event, data)

    return SyncedOut.model_validate(await run_in_threadpool(work))


def _read(body: bytes) -> tuple[str, dict[str, Any]]:
    try:
        said = json.loads(body)
    except ValueError as error:
        raise InvalidInputError("the body is no JSON") from error
    if not isinstance(said, dict) or not isinstance(said.get("data"), dict):
        raise InvalidInputError("a message has a type and data")
    return str(said.get("type")), said["data"]


@router.get("/tier-rules")
def list_tier_rules(_agent: AsAgent, session: Reading) -> TierRulesOut:
    """The rules that put companies into tiers."""
    items = [TierRuleIn(tier=one.tier, conditions=dict(one.conditions)) for one in tier_rules.rules(session)]
    return TierRulesOut(items=items, total=len(items))


@router.put("/tier-rules")
def put_tier_rules(body: TierRulesIn, viewer: AsManager, session: InTransaction) -> TierRulesOut:
    """Put these rules in place of all others; companies whose tier was not set by hand follow at once."""
    wanted = [TierRule(tier=one.tier, conditions=one.conditions) for one in body.items]
    moved = tier_rules.replace(session, wanted, viewer)
    return TierRulesOut(items=body.items, total=len(body.items), moved=moved)
