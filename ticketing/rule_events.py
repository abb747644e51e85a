"""What happens to tickets as a trigger: the history is the list of events, live and looking back.

Live, an entry that some rule waits for becomes a job in the same transaction, so that it is never lost, and
a rule that breaks never undoes what set it off.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from foundation import events
from foundation.db import WriteSession, read_session
from foundation.jobs import enqueue_after_commit
from ticketing import repository, rule_engine, webhooks
from ticketing.events import HistoryAdded
from ticketing.rule_types import Occurrence, When
from ticketing.tables import HistoryTable, RuleTable, TicketTable

_TRIGGERS = "jieda_rule_triggers"
_HOOKS = "jieda_webhook_events"
_CHANGES = {
    "state_changed": "state",
    "priority_changed": "priority",
    "queue_changed": "queue",
    "assigned": "assignee",
    "tier_changed": "tier",
}
_PLAIN = {
    "opened": When.TICKET_CREATED,
    "resolved": When.TICKET_RESOLVED,
    "rated": When.TICKET_RATED,
    "breached": When.SLA_BREACHED,
    "warned": When.SLA_WARNING,
}
_FOR_HOOKS = {
    "opened": "ticket.created",
    "replied": "ticket.replied",
    "resolved": "ticket.resolved",
    "rated": "ticket.rated",
    "breached": "ticket.breached",
    **dict.fromkeys(_CHANGES, "ticket.changed"),
}
HISTORY_EVENTS = (*_PLAIN, *_CHANGES, "replied")


def subscribe() -> None:
    """Hear what happens to tickets; calling it again changes nothing."""
    events.subscribe(HistoryAdded, on_history)


def trigger_of(event: str, detail: Mapping[str, Any]) -> When | None:
    """The trigger that an entry of the history is, if it is one."""
    if event in _CHANGES:
        return When.TICKET_CHANGED
    if event == "replied" and detail.get("visibility") == "public":
        return {"customer": When.CUSTOMER_REPLIED, "agent": When.AGENT_REPLIED}.get(detail["role"])
    return _PLAIN.get(event)


def occurrence_of(row: HistoryTable, when: When) -> Occurrence:
    """An entry of the history as rules look at it."""
    detail, key = row.detail, f"history:{row.id}"
    facts: dict[str, Any] = {}
    if row.event in _CHANGES:
        facts = {"event.change": _CHANGES[row.event]}
        after = detail.get("agent") if row.event == "assigned" else detail.get("after")
        facts |= {"event.before": detail.get("before"), "event.after": after}
    elif row.event == "rated":
        facts = {"event.rating": detail.get("rating"), "event.comment": detail.get("comment")}
    elif row.event in ("breached", "warned"):
        facts = {"event.metric": detail.get("metric")}
    if row.event == "warned":  # as the sweep of ticketing.rule_times names it, so that the two act once
        key = f"warned:{row.ticket_id}:{detail.get('metric')}:{detail.get('due_at')}"
    return Occurrence(key=key, at=row.at, when=when, ticket_id=row.ticket_id, facts=facts)


def on_history(session: WriteSession, event: HistoryAdded) -> None:
    """Have the rules and webhooks that wait for this entry look at it after the commit."""
    when = trigger_of(event.event, event.detail)
    if when is not None and when in _awaited(session):
        chain = json.dumps(rule_engine.current_chain(session))
        enqueue_after_commit(session, "ticketing.jobs.run_rules", history_id=event.history_id, chain=chain)
    name = _FOR_HOOKS.get(event.event)
    if name is not None and (event.event != "replied" or event.detail.get("visibility") == "public"):
        _tell_webhooks(session, name, event)


def _awaited(session: WriteSession) -> frozenset[str]:
    """The triggers that rules wait for; asked once in a transaction."""
    found: frozenset[str] | None = session.info.get(_TRIGGERS)
    if found is None:
        on = select(RuleTable.trigger).where(RuleTable.is_enabled, RuleTable.deleted_at.is_(None))
        with session.no_autoflush:
            found = session.info[_TRIGGERS] = frozenset(session.scalars(on.distinct()))
    return found


def forget_awaited(session: WriteSession) -> None:
    """Ask anew; a transaction that edits rules calls it."""
    session.info.pop(_TRIGGERS, None)


def _tell_webhooks(session: WriteSession, name: str, event: HistoryAdded) -> None:
    hooks: dict[str, list[int]] = session.info.setdefault(_HOOKS, {})
    if name not in hooks:
        with session.no_autoflush:
            hooks[name] = webhooks.subscribed(session, name)
    if not hooks[name]:
        return
    ticket = session.get_one(TicketTable, event.ticket_id)
    data = {
        "ticket": repository.number(ticket.id),
        "ticket_id": ticket.id,
        "subject": ticket.subject,
        "state": ticket.state,
        "priority": ticket.priority,
        "event": event.event,
        "detail": dict(event.detail),
    }
    for hook in hooks[name]:
        webhooks.send(session, hook, name, f"history:{event.history_id}", data)


def run(history_id: int, chain: str) -> None:
    """Have the rules look at one entry; run again, nothing happens twice."""
    with read_session() as session:
        row = session.get(HistoryTable, history_id)
    when = trigger_of(row.event, row.detail) if row is not None else None
    if row is None or when is None:
        return
    rule_engine.look_at_all([occurrence_of(row, when)], tuple(json.loads(chain)))
