"""What tests of rules share: the three classic rules, and a desk at which they work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from foundation import clock, jobs
from foundation.db import read_session, write_session
from tests.ticketing.desk import ANN, MIA, SAM, both, opened, who
from ticketing import notifications, rules
from ticketing import service as ticketing
from ticketing.rule_types import Outcome
from ticketing.types import (
    Ticket,
    TicketFilter,
)

CALL_BACK = {
    "name": both("Bad rating"),
    "trigger": {"on": "ticket_rated"},
    "conditions": {"all": [{"field": "event.rating", "op": "lt", "value": 3}]},
    "actions": [
        {
            "do": "task",
            "subject": both("Call {customer}: {rating}"),
            "kind": "callback",
            "priority": "high",
            "to": "manager",
        }
    ],
}
VIP_SILENT = {
    "name": both("Silent VIP"),
    "trigger": {"on": "company_silent", "days": 30},
    "conditions": {"all": [{"field": "company.tier", "op": "is", "value": "vip"}]},
    "actions": [
        {"do": "notify", "to": ["account_manager"], "text": both("{company} silent for {days} days")}
    ],
}
SURVEY = {
    "name": both("Survey"),
    "trigger": {"on": "ticket_resolved"},
    "actions": [{"do": "survey", "text": both("Please rate us: {survey_link}")}],
}


def work() -> None:
    """Run every job that is due."""
    while jobs.run_one():
        pass


def pass_days(days: float) -> None:
    """Let time pass and the workers work, a sweep at a time would take too long: they look at its end."""
    clock.advance(timedelta(days=days))
    work()


def made(spec: dict[str, Any], **more: Any) -> int:
    with write_session() as session:
        return rules.add(session, spec, is_enabled=True, **more).id


def simple(on: str, *actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": both(on), "trigger": {"on": on}, "actions": list(actions), **more}


def a_ticket(email: str | None = SAM, **more: Any) -> int:
    with write_session() as session:
        ticket_id = opened(session, email, **more).id
    work()
    return ticket_id


def seen(ticket_id: int, email: str = MIA) -> Ticket:
    with read_session() as session:
        return ticketing.ticket(session, who(session, email), ticket_id)


def solved(ticket_id: int, *, rating: int | None = None, email: str = SAM) -> None:
    with write_session() as session:
        ticketing.resolve(session, who(session, ANN), ticket_id)
    work()
    if rating is not None:
        with write_session() as session:
            ticketing.rate(session, who(session, email), ticket_id, rating, "too slow")
        work()


def outcomes(rule_id: int) -> list[Outcome]:
    with read_session() as session:
        return [run.outcome for run in reversed(rules.runs(session, rule_id, limit=500))]


def news_of(email: str) -> list[dict[str, Any]]:
    with read_session() as session:
        found = notifications.notifications(session, who(session, email))
        return [dict(one.detail) for one in found if one.kind == "rule"]


def all_tickets(kind: str) -> list[Ticket]:
    with read_session() as session:
        viewer = who(session, MIA)
        found, _ = ticketing.tickets(session, viewer, TicketFilter(), limit=200)
        return [ticketing.ticket(session, viewer, one.id) for one in found if one.kind == kind]
