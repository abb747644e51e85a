"""Rules at work: each rule looks at each occurrence at most once, and no chain of rules runs for ever.

**Loop protection.** What a rule does may make other rules look. Every such look carries the chain of rules
that led to it. A rule never acts twice in one chain and a chain has at most `MAX_CHAIN` rules, so whatever
the rules say, one act of a person leads to finitely many acts of rules. On top of that a rule acts on one
ticket at most `limit_per_day` times within 24 hours, whatever sets it off.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from foundation import clock, db
from foundation.access import Role, Viewer
from foundation.db import ReadSession, WriteSession, read_session, write_session
from foundation.errors import DomainError
from foundation.logging import get_logger
from ticketing import clocks, repository, rule_actions, rule_conditions, rule_facts, rule_specs
from ticketing.errors import TicketNotFoundError
from ticketing.rule_types import Occurrence, Outcome, RuleSpec
from ticketing.tables import RuleRunTable, RuleTable, RuleVersionTable, TicketTable

MAX_CHAIN = 4
KEEP_IDLE = timedelta(days=14)  # looks that came to nothing; what a rule did is kept with its ticket
_DAY = timedelta(days=1)
_TIDY_EVERY = 100
_CHAIN = "jieda_rule_chain"
_log = get_logger(__name__)
Chain = tuple[int, ...]  # ids of the rules that led here, the first one first


def current_chain(session: WriteSession) -> Chain:
    """The rules in whose name this transaction acts now; empty while people act."""
    found: Chain = session.info.get(_CHAIN, ())
    return found


def look(rule_id: int, occurrence: Occurrence, chain: Chain = ()) -> Outcome | None:
    """Have one rule look at one occurrence, in a transaction of its own; None if it has done so before."""
    return db.retrying(lambda: _look_once(rule_id, occurrence, chain))


def _look_once(rule_id: int, occurrence: Occurrence, chain: Chain) -> Outcome | None:
    with write_session() as session:
        rule = session.get(RuleTable, rule_id)
        if rule is None or not rule.is_enabled or rule.deleted_at is not None:
            return None
        ticket = _locked(session, occurrence)
        if occurrence.ticket_id is not None and ticket is None:
            return None
        run = _claimed(session, rule, occurrence, chain)
        if run is None:
            return None
        try:
            _act(session, rule, run, occurrence, ticket, chain)
        finally:
            session.info.pop(_CHAIN, None)
        if run.id % _TIDY_EVERY == 0:
            _tidy(session, rule_id)
        return Outcome(run.outcome)


def _locked(session: WriteSession, occurrence: Occurrence) -> TicketTable | None:
    if occurrence.ticket_id is None:
        return None
    try:
        return repository.lock(session, occurrence.ticket_id)
    except TicketNotFoundError:
        return None


def _claimed(
    session: WriteSession, rule: RuleTable, occurrence: Occurrence, chain: Chain
) -> RuleRunTable | None:
    """The row of this look, or None if another worker has written it: of several, one wins."""
    known = RuleRunTable.rule_id == rule.id, RuleRunTable.occurrence == occurrence.key
    if session.scalar(select(RuleRunTable.id).where(*known)) is not None:
        return None
    row = RuleRunTable(
        rule_id=rule.id,
        version=rule.version,
        trigger=occurrence.when,
        occurrence=occurrence.key,
        subject=occurrence.subject,
        ticket_id=occurrence.ticket_id,
        at=clock.now(),
        depth=len(chain),
        outcome=Outcome.NOT_MATCHED,
        actions=[],
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        return None
    return row


def _act(
    session: WriteSession,
    rule: RuleTable,
    run: RuleRunTable,
    occurrence: Occurrence,
    ticket: TicketTable | None,
    chain: Chain,
) -> None:
    spec = spec_of(session, rule.id, rule.version)
    facts = rule_facts.facts_of(session, occurrence)
    run.unmet = rule_conditions.first_unmet(spec.conditions, facts)
    if run.unmet is not None:
        return
    if rule.id in chain or len(chain) >= MAX_CHAIN:
        run.outcome, run.error = Outcome.LOOP, "chain: " + " → ".join(map(str, (*chain, rule.id)))
        return
    if _acted_lately(session, rule.id, occurrence.subject) >= spec.limit_per_day:
        run.outcome, run.error = Outcome.LIMITED, f"{spec.limit_per_day} in 24 hours"
        return
    session.info[_CHAIN] = (*chain, rule.id)
    scene = rule_actions.Scene(
        rule_id=rule.id, actor=actor_of(spec), occurrence=occurrence, facts=facts, ticket=ticket
    )
    done = [_perform(session, spec, scene, at) for at in range(len(spec.actions))]
    failed = [one["error"] for one in done if not one["ok"]]
    run.actions, run.error = done, "; ".join(failed) or None
    run.outcome = Outcome.FAILED if failed else Outcome.ACTED
    if ticket is not None:
        clocks.sync(session, ticket)
    session.flush()


def _perform(session: WriteSession, spec: RuleSpec, scene: rule_actions.Scene, at: int) -> dict[str, Any]:
    action = spec.actions[at]
    try:
        with session.begin_nested():
            detail = rule_actions.perform(session, action, scene, position=at)
            session.flush()
    except DomainError as error:
        code = getattr(error, "reason", error.code)
        return {"do": str(action.do), "ok": False, "error": f"{code}: {error}"}
    except (ValueError, KeyError, TypeError, AttributeError, LookupError) as error:
        # One broken action must cost neither the others nor the record that it broke.
        _log.exception("rule_action_broke", rule_id=scene.rule_id, action=str(action.do))
        return {"do": str(action.do), "ok": False, "error": f"{type(error).__name__}: {error}"[:500]}
    return {"do": str(action.do), "ok": True, "detail": detail}


def actor_of(spec: RuleSpec) -> Viewer:
    """The rule as the history names it: no person, and never an agent."""
    names = dict.fromkeys((spec.name["zh"], spec.name["en"]))
    return Viewer(name=f"⚙ {' / '.join(names)}"[:200], role=Role.AGENT)


def spec_of(session: ReadSession, rule_id: int, version: int) -> RuleSpec:
    """What a rule said in one of its versions."""
    wanted = RuleVersionTable.rule_id == rule_id, RuleVersionTable.version == version
    return rule_specs.parse(session.scalars(select(RuleVersionTable.spec).where(*wanted)).one())


def _acted_lately(session: ReadSession, rule_id: int, subject: str) -> int:
    statement = select(func.count()).where(
        RuleRunTable.rule_id == rule_id,
        RuleRunTable.subject == subject,
        RuleRunTable.at > clock.now() - _DAY,
        RuleRunTable.outcome.in_((Outcome.ACTED, Outcome.FAILED)),
    )
    return session.scalar(statement) or 0


def _tidy(session: WriteSession, rule_id: int) -> None:
    idle = (
        RuleRunTable.rule_id == rule_id,
        RuleRunTable.outcome == Outcome.NOT_MATCHED,
        RuleRunTable.at < clock.now() - KEEP_IDLE,
    )
    session.execute(delete(RuleRunTable).where(*idle).execution_options(synchronize_session=False))


def rules_on(session: ReadSession, triggers: Sequence[str]) -> list[int]:
    """Ids of the rules that are switched on for any of these triggers, in their order."""
    wanted = (
        RuleTable.is_enabled.is_(True),
        RuleTable.trigger.in_(triggers),
        RuleTable.deleted_at.is_(None),
    )
    return list(
        session.scalars(select(RuleTable.id).where(*wanted).order_by(RuleTable.position, RuleTable.id))
    )


def look_at_all(occurrence_by_trigger: Sequence[Occurrence], chain: Chain) -> None:
    """Have every rule that waits for one of these occurrences look at it, in the order of the rules."""
    by_trigger = {str(one.when): one for one in occurrence_by_trigger}
    with read_session() as session:
        ids = rules_on(session, list(by_trigger))
        triggers = {one: session.get_one(RuleTable, one).trigger for one in ids}
    for rule_id in ids:
        look(rule_id, by_trigger[triggers[rule_id]], chain)


def not_looked_at(session: ReadSession, rule_id: int, found: Sequence[Occurrence]) -> list[Occurrence]:
    """Those of the occurrences that a rule has not looked at yet."""
    left: list[Occurrence] = []
    for at in range(0, len(found), 500):
        batch = found[at : at + 500]
        known = RuleRunTable.rule_id == rule_id, RuleRunTable.occurrence.in_([one.key for one in batch])
        seen = set(session.scalars(select(RuleRunTable.occurrence).where(*known)))
        left += [one for one in batch if one.key not in seen]
    return left
