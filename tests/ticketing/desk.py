"""A small desk for tests: two companies of two tiers, three agents, office hours in Shanghai."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import directory
from ticketing import service as ticketing
from ticketing.types import NewTicket, Ticket


def both(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


DESK: dict[str, Any] = {
    "calendar": {
        "slug": "office",
        "name": both("office"),
        "time_zone": "Asia/Shanghai",
        "weekly": {
            day: [["09:00", "12:00"], ["13:00", "18:00"]]
            for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
        },
        "holidays": [{"from": "2026-10-01", "to": "2026-10-07"}],
    },
    "tiers": [
        {"slug": "vip", "name": both("VIP"), "rank": 1},
        {"slug": "gold", "name": both("Gold"), "rank": 2},
        {"slug": "standard", "name": both("Standard"), "rank": 3},
    ],
    "teams": [{"slug": "key", "name": both("Key accounts")}, {"slug": "care", "name": both("Care")}],
    "queues": [
        {"slug": "vip", "name": both("VIP"), "team": "key", "position": 1, "conditions": {"tiers": ["vip"]}},
        {
            "slug": "bills",
            "name": both("Bills"),
            "team": "care",
            "position": 2,
            "conditions": {"kinds": ["billing"]},
        },
        {
            "slug": "zh",
            "name": both("中文"),
            "team": "care",
            "position": 3,
            "conditions": {"languages": ["zh"]},
        },
        {"slug": "rest", "name": both("Rest"), "team": "care", "position": 4, "conditions": {}},
    ],
    "sla_policies": [
        {
            "slug": "vip",
            "name": both("VIP"),
            "tier": "vip",
            "calendar": "office",
            "first_response_minutes": 15,
            "resolution_minutes": 240,
            "by_priority": {"urgent": {"first_response_minutes": 5}},
        },
        {
            "slug": "standard",
            "name": both("Standard"),
            "calendar": "office",
            "first_response_minutes": 120,
            "resolution_minutes": 960,
            "by_priority": {"urgent": {"first_response_minutes": 60, "resolution_minutes": 480}},
        },
    ],
    "companies": [
        {
            "slug": "acme",
            "name": both("Acme"),
            "tier": "vip",
            "account_manager": "ann@desk.example",
            "country": "SE",
        },
        {"slug": "globex", "name": both("Globex"), "tier": "standard"},
    ],
    "people": [
        {"email": "vera@acme.example", "name": "Vera", "company": "acme", "locale": "en"},
        {"email": "victor@acme.example", "name": "Victor", "company": "acme", "locale": "en"},
        {"email": "sam@globex.example", "name": "Sam", "company": "globex", "locale": "zh"},
        {"email": "solo@nowhere.example", "name": "Solo", "locale": "en"},
    ],
    "agents": [
        {
            "email": "ann@desk.example",
            "name": "Ann",
            "role": "agent",
            "team": "key",
            "languages": ["en", "zh"],
        },
        {"email": "bob@desk.example", "name": "Bob", "role": "agent", "team": "care", "languages": ["zh"]},
        {"email": "mia@desk.example", "name": "Mia", "role": "manager", "team": "care", "languages": ["zh"]},
    ],
}

VERA, VICTOR, SAM, SOLO = (
    "vera@acme.example",
    "victor@acme.example",
    "sam@globex.example",
    "solo@nowhere.example",
)
ANN, BOB, MIA = "ann@desk.example", "bob@desk.example", "mia@desk.example"


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


MONDAY_10 = shanghai("2026-09-07 10:00")


def who(session: ReadSession, email: str) -> Viewer:
    return directory.viewer_by_email(session, email)


def opened(session: WriteSession, email: str | None = SAM, **more: Any) -> Ticket:
    """A ticket of this person, or of a stranger for None."""
    requester_id = who(session, email).person_id if email else None
    more = {"subject": "It beeps", "body": "It beeps all day.", "language": "zh"} | more
    return ticketing.open_ticket(session, NewTicket(requester_id=requester_id, **more))
