"""Tiers by rule: from the value of the contract, or whatever else is known of a company.

The first rule that holds decides, for companies whose tier nobody has set by hand. Rules are looked at when a
company, what it owns, or a rule changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import rule_conditions, rule_facts, tiering
from ticketing.errors import RuleInvalidError
from ticketing.rule_types import Group, Leaf, Node, Not
from ticketing.slugs import id_of
from ticketing.tables import CompanyTable, TierRuleTable, TierTable

MOST = 50


@dataclass(frozen=True, kw_only=True)
class TierRule:
    """Companies of which `conditions` holds belong in `tier`."""

    tier: str  # slug
    conditions: Mapping[str, Any]


def rules(session: ReadSession) -> list[TierRule]:
    """All rules, in the order in which they are tried."""
    statement = (
        select(TierTable.slug, TierRuleTable.conditions)
        .join(TierTable, TierTable.id == TierRuleTable.tier_id)
        .order_by(TierRuleTable.position)
    )
    return [TierRule(tier=row[0], conditions=row[1]) for row in session.execute(statement)]


def replace(session: WriteSession, wanted: Sequence[TierRule], actor: Viewer | None = None) -> int:
    """Put these rules in place of all others, and every company where they say; returns how many moved.

    Raises RuleInvalidError, UnknownSlugError.
    """
    for at, one in enumerate(wanted):
        _check(one, at)
    session.execute(delete(TierRuleTable))
    for at, one in enumerate(wanted):
        tier_id = id_of(session, TierTable, "tier", one.tier)
        session.add(TierRuleTable(position=at, tier_id=tier_id, conditions=dict(one.conditions)))
    session.flush()
    free = select(CompanyTable.id).where(~CompanyTable.tier_is_pinned).order_by(CompanyTable.id)
    return sum(apply(session, one, actor) for one in session.scalars(free).all())


def _check(rule: TierRule, at: int) -> None:
    faults: list[dict[str, str]] = []

    def fault(path: str, message: str) -> None:
        faults.append({"path": f"{at}.{path}", "message": message})

    node = rule_conditions.parse(rule.conditions, fault)
    for name in _fields(node):
        if not name.startswith("company.") or name == "company.tier":
            fault("conditions", f"{name} is not known here; fields of the company other than its tier are")
    if faults:
        raise RuleInvalidError(faults)


def _fields(node: Node) -> list[str]:
    match node:
        case Leaf(name):
            return [name]
        case Group(_, parts):
            return [one for part in parts for one in _fields(part)]
        case Not(part):
            return _fields(part)


def apply(session: WriteSession, company_id: int, actor: Viewer | None = None) -> bool:
    """Put a company into the tier that the rules say; returns whether it moved. One set by hand stays."""
    company = session.get_one(CompanyTable, company_id)
    known = rules(session)
    if company.tier_is_pinned or not known:
        return False
    facts = rule_facts.company_facts(session, company, None)
    tier = next((one.tier for one in known if _holds(one, facts)), None)
    before = company.tier_id
    tiering.set_company_tier(session, company.slug, tier, actor=actor, by_rule=True)
    return company.tier_id != before


def _holds(rule: TierRule, facts: Mapping[str, Any]) -> bool:
    node = rule_conditions.parse(rule.conditions, lambda _path, _message: None)
    return rule_conditions.holds(node, facts)
