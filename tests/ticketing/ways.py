"""A small workflow for tests: every kind of step, a limit, an approval with a limit, a branch and a way out."""

from __future__ import annotations

from typing import Any

from foundation.db import WriteSession
from tests.ticketing.desk import both, opened
from ticketing import workflows
from ticketing.types import Ticket

RETURNS: dict[str, Any] = {
    "name": both("Returns"),
    "kinds": ["return"],
    "fields": [
        {
            "name": "verdict",
            "type": "select",
            "label": both("Verdict"),
            "options": [{"value": "ok", "label": "ok"}],
        },
        {"name": "refund", "type": "number", "min": 0, "label": both("Refund")},
    ],
    "steps": [
        {"slug": "asked", "type": "new", "name": both("Asked"), "limit": {"minutes": 60}},
        {
            "slug": "checking",
            "type": "open",
            "name": both("Checking"),
            "queue": "bills",
            "limit": {"minutes": 120, "escalations": [{"after_minutes": 30, "notify": ["managers"]}]},
        },
        {
            "slug": "sending",
            "type": "waiting_customer",
            "name": both("Sending"),
            "customer_name": both("Please send"),
        },
        {
            "slug": "boss",
            "type": "open",
            "name": both("For the boss"),
            "is_milestone": False,
            "approval": {
                "by": "managers",
                "field": "refund",
                "under": 100,
                "approved": "paying",
                "rejected": "checking",
            },
        },
        {"slug": "paying", "type": "open", "name": both("Paying")},
        {"slug": "done", "type": "solved", "name": both("Done")},
        {"slug": "refused", "type": "solved", "name": both("Refused"), "is_milestone": False},
        {"slug": "off", "type": "solved", "name": both("Called off"), "is_milestone": False},
    ],
    "moves": [
        {"source": "asked", "target": "checking"},
        {"source": "checking", "target": "sending"},
        {"source": "sending", "target": "checking"},
        {"source": "checking", "target": "boss", "requires": ["verdict", "refund"]},
        {"source": "checking", "target": "refused", "requires": ["verdict"]},
        {"source": "paying", "target": "done"},
    ],
    "cancel": {"target": "off", "by_customer": True},
}


def with_returns(session: WriteSession) -> None:
    workflows.add(session, "returns", RETURNS, is_enabled=True)


def returning(session: WriteSession, email: str, **more: Any) -> Ticket:
    """A ticket that goes this way."""
    return opened(session, email, kind="return", **more)
