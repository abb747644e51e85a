"""Front door of rules: listing, editing as versions, switching, ordering, what came of them.

Every edit is a new version and none is ever changed, so that each run can be read beside what the rule said
then. A deleted rule looks no more and keeps its record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from foundation import clock
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import rule_dry_run, rule_events, rule_specs, rule_sweeps
from ticketing.errors import RuleConflictError, RuleNotFoundError
from ticketing.rule_types import (
    ABOUT_TIME,
    DryRun,
    Outcome,
    Rule,
    RuleCounts,
    RuleRun,
    RuleVersion,
    When,
)
from ticketing.tables import RuleRunTable, RuleTable, RuleVersionTable

COUNTED = timedelta(days=30)
_DEEDS = (Outcome.ACTED, Outcome.FAILED)


def rules(session: ReadSession) -> list[Rule]:
    """All rules in the order in which they look, with what they did in the last 30 days."""
    rows = list(
        session.scalars(
            select(RuleTable).where(RuleTable.deleted_at.is_(None)).order_by(RuleTable.position, RuleTable.id)
        )
    )
    counts = _counts(session)
    return [_to_rule(session, row, counts.get(row.id, RuleCounts())) for row in rows]


def rule(session: ReadSession, rule_id: int) -> Rule:
    """One rule. Raises RuleNotFoundError."""
    row = _row(session, rule_id)
    return _to_rule(session, row, _counts(session).get(rule_id, RuleCounts()))


def _row(session: ReadSession, rule_id: int) -> RuleTable:
    wanted = RuleTable.id == rule_id, RuleTable.deleted_at.is_(None)
    row = session.scalar(select(RuleTable).where(*wanted))
    if row is None:
        raise RuleNotFoundError(rule_id)
    return row


def _to_rule(session: ReadSession, row: RuleTable, counts: RuleCounts) -> Rule:
    wanted = RuleVersionTable.rule_id == row.id, RuleVersionTable.version == row.version
    made = session.scalars(select(RuleVersionTable).where(*wanted)).one()
    return Rule(
        id=row.id,
        slug=row.slug,
        position=row.position,
        is_enabled=row.is_enabled,
        version=row.version,
        spec=rule_specs.parse(made.spec),
        made_at=made.made_at,
        made_by=made.made_by,
        counts=counts,
    )


def _counts(session: ReadSession) -> dict[int, RuleCounts]:
    statement = (
        select(RuleRunTable.rule_id, RuleRunTable.outcome, func.count(), func.max(RuleRunTable.at))
        .where(RuleRunTable.at > clock.now() - COUNTED)
        .group_by(RuleRunTable.rule_id, RuleRunTable.outcome)
    )
    found: dict[int, dict[str, Any]] = {}
    for rule_id, outcome, count, last_at in session.execute(statement):
        one = found.setdefault(
            rule_id, {"looked": 0, "acted": 0, "failed": 0, "held_back": 0, "last_at": None}
        )
        one["looked"] += count
        if outcome in (Outcome.LIMITED, Outcome.LOOP):
            one["held_back"] += count
        elif outcome in _DEEDS:
            one[str(outcome)] += count
            one["last_at"] = max(filter(None, (one["last_at"], last_at)))
    return {rule_id: RuleCounts(**one) for rule_id, one in found.items()}


def add(
    session: WriteSession,
    written: Mapping[str, Any],
    *,
    actor: Viewer | None = None,
    is_enabled: bool = False,
    slug: str | None = None,
) -> Rule:
    """A new rule, behind the others. Raises RuleInvalidError."""
    spec = rule_specs.parse(written)
    last = session.scalar(select(func.max(RuleTable.position))) or 0
    row = RuleTable(slug=slug, position=last + 1, is_enabled=False, version=0, trigger=spec.trigger.on)
    session.add(row)
    session.flush()
    _add_version(session, row, written, actor)
    if is_enabled:
        _enable(session, row, True)
    return rule(session, row.id)


def _add_version(
    session: WriteSession, row: RuleTable, written: Mapping[str, Any], actor: Viewer | None
) -> None:
    spec = rule_specs.parse(written)
    row.version, row.trigger = row.version + 1, spec.trigger.on
    session.add(
        RuleVersionTable(
            rule_id=row.id,
            version=row.version,
            spec=rule_specs.to_json(spec),
            made_at=clock.now(),
            made_by=actor.name if actor else None,
        )
    )
    session.flush()
    rule_events.forget_awaited(session)


def edit(
    session: WriteSession,
    rule_id: int,
    written: Mapping[str, Any],
    *,
    actor: Viewer | None = None,
    version: int | None = None,
) -> Rule:
    """A new version of a rule; the same again changes nothing.

    Raises RuleNotFoundError, RuleInvalidError, and RuleConflictError if it is not at `version` any more.
    """
    row = _locked(session, rule_id)
    if version is not None and version != row.version:
        raise RuleConflictError(rule_id, row.version)
    if rule_specs.to_json(rule_specs.parse(written)) != rule_specs.to_json(rule(session, rule_id).spec):
        _add_version(session, row, written, actor)
        if row.is_enabled:
            _enable(session, row, True)
    return rule(session, rule_id)


def _locked(session: WriteSession, rule_id: int) -> RuleTable:
    _row(session, rule_id)
    statement = select(RuleTable).where(RuleTable.id == rule_id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def set_enabled(session: WriteSession, rule_id: int, *, is_enabled: bool) -> Rule:
    """Switch a rule on or off. Raises RuleNotFoundError."""
    row = _locked(session, rule_id)
    if row.is_enabled != is_enabled:
        _enable(session, row, is_enabled)
    return rule(session, rule_id)


def _enable(session: WriteSession, row: RuleTable, is_enabled: bool) -> None:
    row.is_enabled = is_enabled
    session.flush()
    rule_events.forget_awaited(session)
    if is_enabled and row.trigger in ABOUT_TIME:
        rule_sweeps.start(session, row)


def delete(session: WriteSession, rule_id: int) -> None:
    """Take a rule away; what it did stays on record. Raises RuleNotFoundError."""
    row = _locked(session, rule_id)
    row.deleted_at, row.is_enabled, row.slug = clock.now(), False, None
    session.flush()
    rule_events.forget_awaited(session)


def set_order(session: WriteSession, ids: Sequence[int]) -> list[Rule]:
    """Put these rules first, in this order, and the others behind them. Raises RuleNotFoundError."""
    known = [one.id for one in rules(session)]
    for one in ids:
        if one not in known:
            raise RuleNotFoundError(one)
    wanted = [*dict.fromkeys(ids), *(one for one in known if one not in ids)]
    for position, rule_id in enumerate(wanted, start=1):
        session.get_one(RuleTable, rule_id).position = position
    session.flush()
    return rules(session)


def versions(session: ReadSession, rule_id: int) -> list[RuleVersion]:
    """Every version of a rule, the newest first. Raises RuleNotFoundError."""
    _row(session, rule_id)
    mine = select(RuleVersionTable).where(RuleVersionTable.rule_id == rule_id)
    return [
        RuleVersion(
            version=row.version,
            spec=rule_specs.parse(row.spec),
            made_at=row.made_at,
            made_by=row.made_by,
        )
        for row in session.scalars(mine.order_by(RuleVersionTable.version.desc()))
    ]


def runs(
    session: ReadSession, rule_id: int, *, outcome: Outcome | None = None, limit: int = 50
) -> list[RuleRun]:
    """The newest looks of a rule, newest first. Raises RuleNotFoundError."""
    _row(session, rule_id)
    statement = select(RuleRunTable).where(RuleRunTable.rule_id == rule_id)
    if outcome is not None:
        statement = statement.where(RuleRunTable.outcome == outcome)
    return [_to_run(row) for row in session.scalars(statement.order_by(RuleRunTable.id.desc()).limit(limit))]


def _to_run(row: RuleRunTable) -> RuleRun:
    return RuleRun(
        id=row.id,
        rule_id=row.rule_id,
        version=row.version,
        when=When(row.trigger),
        occurrence=row.occurrence,
        subject=row.subject,
        ticket_id=row.ticket_id,
        at=row.at,
        depth=row.depth,
        outcome=Outcome(row.outcome),
        unmet=row.unmet,
        actions=tuple(row.actions),
        error=row.error,
    )


def dry_run(session: ReadSession, written: Mapping[str, Any], *, days: int = 30) -> DryRun:
    """What a rule would have done in the last `days` days; nothing is changed. Raises RuleInvalidError."""
    return rule_dry_run.dry_run(session, rule_specs.parse(written), days)


def load(session: WriteSession, specs: Iterable[Mapping[str, Any]]) -> None:
    """Add the rules of a file that are not there yet, by their slugs; what was edited here stays as it is.

    Raises RuleInvalidError.
    """
    for written in specs:
        slug = str(written.get("slug") or "") or None
        if session.scalar(select(RuleTable.id).where(RuleTable.slug == slug)) is None:
            add(session, written, is_enabled=bool(written.get("enabled", True)), slug=slug)
