"""Rules: what the desk does by itself, for service managers to read, edit and try."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from portal_api.dependencies import AsManager, InTransaction, Reading
from portal_api.routes import rule_words
from portal_api.routes.words import WordsOut
from ticketing import rule_specs, rules
from ticketing.rule_types import Do, Outcome, Rule, RuleRun, RuleSpec, When

router = APIRouter(prefix="/api/v1", tags=["rules"])

RuleId = Annotated[int, Path(ge=1, le=2**31 - 1)]


class RuleTriggerOut(BaseModel):
    """What makes the rule look; options as the trigger has them (days, waiting, percent …)."""

    model_config = ConfigDict(extra="allow")

    on: When


class RuleActionOut(BaseModel):
    """One thing the rule does; options as the action has them."""

    model_config = ConfigDict(extra="allow")

    do: Do


class RuleSpecIn(BaseModel):
    """What a rule says. The desk reads it and names every fault with its place (`rule_invalid`)."""

    name: dict[str, str]
    description: dict[str, str] = {}
    trigger: dict[str, Any]
    conditions: dict[str, Any] = {}
    actions: Annotated[list[dict[str, Any]], Field(max_length=50)]
    limit_per_day: int = 3


class RuleIn(RuleSpecIn):
    """A new rule; off until it is switched on."""

    is_enabled: bool = False


class RuleEditIn(RuleSpecIn):
    """A new version of a rule; `version` is the one the editor has seen."""

    version: int | None = None


class RuleSwitchIn(BaseModel):
    """Switch a rule on or off."""

    is_enabled: bool


class RuleOrderIn(BaseModel):
    """Rules that come first, in this order."""

    ids: Annotated[list[Annotated[int, Field(ge=1, le=2**31 - 1)]], Field(max_length=1000)]


class RuleDryRunIn(BaseModel):
    """A rule to try over the last days."""

    rule: RuleSpecIn
    days: Annotated[int, Field(ge=1, le=365)] = 30


class RuleCountsOut(BaseModel):
    """What a rule did in the last 30 days."""

    looked: int
    acted: int
    failed: int
    held_back: int
    last_at: datetime | None


class RuleOut(BaseModel):
    """A rule in its current version."""

    id: int
    position: int
    is_enabled: bool
    version: int
    name: WordsOut
    description: WordsOut
    trigger: RuleTriggerOut
    conditions: dict[str, Any]
    actions: list[RuleActionOut]
    limit_per_day: int
    made_at: datetime
    made_by: str | None
    counts: RuleCountsOut


class RulesOut(BaseModel):
    """All rules in the order in which they look."""

    items: list[RuleOut]
    total: int


class RuleVersionOut(BaseModel):
    """What a rule said from one edit to the next."""

    version: int
    made_at: datetime
    made_by: str | None
    spec: dict[str, Any]


class RuleVersionsOut(BaseModel):
    """Every version, the newest first."""

    items: list[RuleVersionOut]
    total: int


class RuleRunOut(BaseModel):
    """One look of a rule, and what came of it."""

    id: int
    version: int
    trigger: When
    occurrence: str
    subject: str
    ticket_id: int | None
    at: datetime
    depth: int
    outcome: Outcome
    unmet: str | None
    actions: list[dict[str, Any]]
    error: str | None


class RuleRunsOut(BaseModel):
    """The newest looks, newest first."""

    items: list[RuleRunOut]
    total: int


class RuleExampleOut(BaseModel):
    """One thing the rule would have acted on."""

    at: datetime
    subject: str
    ticket_id: int | None
    title: str


class RuleDryRunOut(BaseModel):
    """What the rule would have done; nothing was changed."""

    days: int
    looked: int
    matched: int
    held_back: int
    actions: int
    is_capped: bool
    examples: list[RuleExampleOut]


class RuleCatalogueOut(BaseModel):
    """What rules can speak of, with words for people: fields, comparisons, triggers, actions, values."""

    fields: list[dict[str, Any]]
    own_fields: list[dict[str, Any]]
    operators: dict[str, WordsOut]
    operators_by_kind: dict[str, list[str]]
    triggers: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    placeholders: list[str]
    choices: dict[str, list[dict[str, Any]]]


def _out(rule: Rule) -> RuleOut:
    spec = rule_specs.to_json(rule.spec)
    return RuleOut(
        id=rule.id,
        position=rule.position,
        is_enabled=rule.is_enabled,
        version=rule.version,
        made_at=rule.made_at,
        made_by=rule.made_by,
        counts=RuleCountsOut(**vars(rule.counts)),
        **spec,
    )


def _run(run: RuleRun) -> RuleRunOut:
    kept = {name: value for name, value in vars(run).items() if name not in ("when", "rule_id", "actions")}
    return RuleRunOut(**kept, trigger=run.when, actions=list(run.actions))


def _written(body: RuleSpecIn) -> dict[str, Any]:
    return body.model_dump(include=set(RuleSpecIn.model_fields))


def _version(spec: RuleSpec) -> dict[str, Any]:
    return rule_specs.to_json(spec)


@router.get("/rules")
def list_rules(_manager: AsManager, session: Reading) -> RulesOut:
    """All rules in the order in which they look, with what they did in the last 30 days."""
    items = [_out(one) for one in rules.rules(session)]
    return RulesOut(items=items, total=len(items))


@router.get("/rules/catalogue")
def read_catalogue(_manager: AsManager, session: Reading) -> RuleCatalogueOut:
    """Everything an editor of rules offers to choose from."""
    return RuleCatalogueOut(**rule_words.catalogue(session))


@router.post("/rules", status_code=201)
def add_rule(body: RuleIn, manager: AsManager, session: InTransaction) -> RuleOut:
    """Make a rule, behind the others."""
    return _out(rules.add(session, _written(body), actor=manager, is_enabled=body.is_enabled))


@router.post("/rules/dry-run")
def try_rule(body: RuleDryRunIn, _manager: AsManager, session: Reading) -> RuleDryRunOut:
    """What a rule would have done in the last days; nothing is changed and nothing sent."""
    found = rules.dry_run(session, _written(body.rule), days=body.days)
    examples = [RuleExampleOut(**vars(one)) for one in found.examples]
    return RuleDryRunOut(**{**vars(found), "examples": examples})


@router.post("/rules/order")
def order_rules(body: RuleOrderIn, _manager: AsManager, session: InTransaction) -> RulesOut:
    """Put these rules first, in this order."""
    items = [_out(one) for one in rules.set_order(session, body.ids)]
    return RulesOut(items=items, total=len(items))


@router.get("/rules/{rule_id}")
def read_rule(rule_id: RuleId, _manager: AsManager, session: Reading) -> RuleOut:
    """One rule."""
    return _out(rules.rule(session, rule_id))


@router.put("/rules/{rule_id}")
def edit_rule(rule_id: RuleId, body: RuleEditIn, manager: AsManager, session: InTransaction) -> RuleOut:
    """Make a new version of a rule; refused if somebody else has edited it meanwhile."""
    return _out(rules.edit(session, rule_id, _written(body), actor=manager, version=body.version))


@router.patch("/rules/{rule_id}")
def switch_rule(rule_id: RuleId, body: RuleSwitchIn, _manager: AsManager, session: InTransaction) -> RuleOut:
    """Switch a rule on or off."""
    return _out(rules.set_enabled(session, rule_id, is_enabled=body.is_enabled))


@router.delete("/rules/{rule_id}", status_code=204)
def delete_rule(rule_id: RuleId, _manager: AsManager, session: InTransaction) -> None:
    """Take a rule away; what it did stays on record."""
    rules.delete(session, rule_id)


@router.get("/rules/{rule_id}/versions")
def list_versions(rule_id: RuleId, _manager: AsManager, session: Reading) -> RuleVersionsOut:
    """Every version of a rule, the newest first."""
    items = [
        RuleVersionOut(version=one.version, made_at=one.made_at, made_by=one.made_by, spec=_version(one.spec))
        for one in rules.versions(session, rule_id)
    ]
    return RuleVersionsOut(items=items, total=len(items))


@router.get("/rules/{rule_id}/runs")
def list_runs(
    rule_id: RuleId,
    _manager: AsManager,
    session: Reading,
    outcome: Outcome | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> RuleRunsOut:
    """The newest looks of a rule, newest first: what was matched, done and refused."""
    items = [_run(one) for one in rules.runs(session, rule_id, outcome=outcome, limit=limit)]
    return RuleRunsOut(items=items, total=len(items))
