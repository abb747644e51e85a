"""A desk with very many tickets, written straight into its tables: what the desk's benchmark measures on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, text

from foundation import clock
from foundation.db import WriteSession, engine, write_session
from ticketing import directory, lifecycle, policies, routing, tables_search
from ticketing.directory_types import NewAgent, NewCompany, NewPerson, NewTier
from ticketing.policy_types import SlaPolicy
from ticketing.tables import ClockTable, HistoryTable, MessageTable, TicketTable
from ticketing.types import Queue, State

COMPANIES, PEOPLE, AGENTS = 200, 2_000, 40
UNFINISHED = 0.02  # of all tickets: nine in ten of them among the newest, the rest anywhere
_BATCH = 5_000
_THINGS_ZH = ("变频器", "压力变送器", "网关", "流量计", "风机", "电机", "控制柜", "传感器", "阀门", "水泵")
_TROUBLES_ZH = (
    "报警停机",
    "通讯中断",
    "无法启动",
    "读数漂移",
    "发票抬头有误",
    "固件升级失败",
    "异响",
    "过热保护",
)
_THINGS_EN = ("drive", "transmitter", "gateway", "flow meter", "fan", "motor", "cabinet", "sensor", "valve")
_TROUBLES_EN = ("trips on start", "loses connection", "will not boot", "reads too high", "invoice is wrong")


def set_up() -> None:
    """Tiers, queues, promises, companies, people and agents."""
    with write_session() as session:
        for rank, slug in enumerate(("vip", "gold", "standard")):
            directory.upsert_tier(session, NewTier(slug=slug, name=_both(slug), rank=rank))
            policies.upsert_policy(session, _promise(slug, rank))
        for position, (slug, tiers, languages) in enumerate(
            (("vip", ("vip",), ()), ("zh", (), ("zh",)), ("en", (), ())), 1
        ):
            routing.upsert_queue(
                session, Queue(0, slug, _both(slug), position, None, tiers=tiers, languages=languages)
            )
        _people(session)


def _both(words: str) -> dict[str, str]:
    return {"zh": words, "en": words}


def _promise(tier: str, rank: int) -> SlaPolicy:
    return SlaPolicy(
        id=0,
        slug=tier,
        name=_both(tier),
        position=rank,
        tier=tier,
        priority=None,
        kind=None,
        calendar="24x7",
        first_response_minutes=(15, 60, 240)[rank],
        resolution_minutes=(480, 960, 2400)[rank],
        next_response_minutes=None,
        warn_percent=75,
        escalations=(),
    )


def _people(session: WriteSession) -> None:
    for number in range(COMPANIES):
        tier = "vip" if number % 20 == 0 else "gold" if number % 4 == 0 else "standard"
        directory.upsert_company(
            session, NewCompany(slug=f"c{number}", name=_both(f"Company {number}"), tier=tier)
        )
    for number in range(PEOPLE):
        name = f"{random.Random(number).choice('王李张刘陈杨赵黄周吴')}{number}"
        new = NewPerson(email=f"p{number}@c.example", name=name, company=f"c{number % COMPANIES}")
        directory.upsert_person(session, new)
    for number in range(AGENTS):
        directory.upsert_person(session, NewPerson(email=f"a{number}@desk.example", name=f"Agent {number}"))
        directory.upsert_agent(session, NewAgent(email=f"a{number}@desk.example"))


def fill(tickets: int, *, seed: int = 7) -> None:
    """Add tickets until there are so many, each with two messages, its history's beginning and a clock.

    The index of words is left out meanwhile and made at the end, as PostgreSQL advises for very many rows.
    """
    with engine().begin() as connection:
        connection.execute(text(f"DROP INDEX IF EXISTS {tables_search.INDEX}"))
    chance = random.Random(seed)
    with engine().connect() as connection:
        there = connection.execute(text("SELECT count(*), coalesce(max(id), 0) FROM ticketing_ticket")).one()
        people = connection.execute(
            text(
                "SELECT p.id, p.company_id, c.tier_id FROM ticketing_person p"
                " JOIN ticketing_company c ON c.id = p.company_id ORDER BY p.id"
            )
        ).all()
        agents = connection.execute(text("SELECT id FROM ticketing_agent ORDER BY id")).scalars().all()
        queues = connection.execute(text("SELECT id FROM ticketing_queue ORDER BY position")).scalars().all()
        vip = connection.execute(text("SELECT id FROM ticketing_tier WHERE slug = 'vip'")).scalar_one()
    count, last_id = there
    now = clock.now()
    while count < tickets:
        batch = min(_BATCH, tickets - count)
        rows = [
            _ticket(
                last_id + at + 1,
                count + at >= tickets * (1 - UNFINISHED),
                now,
                chance,
                people,
                agents,
                queues,
                vip,
            )
            for at in range(batch)
        ]
        with engine().begin() as connection:
            for table, made in (
                (TicketTable, rows),
                (MessageTable, [one for row in rows for one in _messages(row)]),
                (HistoryTable, [one for row in rows for one in _history(row)]),
                (ClockTable, [_clock(row) for row in rows]),
            ):
                connection.execute(insert(table), made)
        count, last_id = count + batch, last_id + batch
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":  # rows got ids of their own
            connection.execute(text(tables_search.MAKE_INDEX.replace(":", "\\:")))
            for table in ("ticket", "message", "history", "clock"):
                connection.execute(
                    text(
                        f"SELECT setval(pg_get_serial_sequence('ticketing_{table}', 'id'),"
                        f" (SELECT max(id) FROM ticketing_{table}))"
                    )
                )
            connection.execute(text("VACUUM ANALYZE"))
        else:
            connection.execute(text("ANALYZE"))


def _subject(chance: random.Random, language: str, number: int) -> str:
    if language == "zh":
        return f"{chance.choice(_THINGS_ZH)}{chance.choice(_TROUBLES_ZH)} 编号 {number}"
    return f"{chance.choice(_THINGS_EN)} {chance.choice(_TROUBLES_EN)} serial {number}"


def _ticket(
    number: int,
    is_new: bool,
    now: datetime,
    chance: random.Random,
    people: Any,
    agents: Any,
    queues: Any,
    vip: int,
) -> dict[str, Any]:
    person = chance.choice(people)
    is_unfinished = chance.random() < (0.9 if is_new else UNFINISHED / 10)
    language = "zh" if chance.random() < 0.6 else "en"
    opened_at = now - (
        timedelta(minutes=chance.randrange(1, 6_000))
        if is_unfinished
        else timedelta(minutes=chance.randrange(10_000, 1_500_000))
    )
    state = chance.choice(lifecycle.UNFINISHED) if is_unfinished else State.CLOSED
    is_taken = state is not State.NEW and (not is_unfinished or chance.random() < 0.7)
    return {
        "id": number,
        "subject": _subject(chance, language, number),
        "state": str(state),
        "priority": "normal",
        "kind": "technical",
        "language": language,
        "channel": chance.choice(["widget", "form"]),
        "tier_id": person.tier_id,
        "company_id": person.company_id,
        "requester_id": person.id,
        "queue_id": queues[0] if person.tier_id == vip else queues[1 if language == "zh" else 2],
        "assignee_id": chance.choice(agents) if is_taken else None,
        "version": 1,
        "created_at": opened_at,
        "updated_at": opened_at,
        "waiting_since": opened_at if is_unfinished else None,
        "sort_due_at": opened_at + timedelta(minutes=chance.choice([15, 60, 240, 2400])),
        "tried": [],
    }


def _messages(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for role in ("customer", "agent"):
        yield {
            "ticket_id": row["id"],
            "role": role,
            "visibility": "public",
            "text": row["subject"],
            "citations": [],
            "created_at": row["created_at"],
        }


def _history(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    opened = {"state": "new", "queue": "zh", "tier": None, "priority": "normal", "kind": "technical"}
    planned = {
        "metric": "resolution",
        "policy": "standard",
        "calendar": "24x7",
        "target_minutes": 2400,
        "warn_percent": 75,
        "escalations": [],
    }
    for event, detail in (("opened", opened), ("planned", planned)):
        yield {"ticket_id": row["id"], "at": row["created_at"], "event": event, "detail": detail}


def _clock(row: dict[str, Any]) -> dict[str, Any]:
    is_done = row["state"] == State.CLOSED
    due_at = row["created_at"] + timedelta(minutes=2400)
    return {
        "ticket_id": row["id"],
        "metric": "resolution",
        "policy": "standard",
        "calendar": "24x7",
        "target_minutes": 2400,
        "started_at": row["created_at"],
        "due_at": due_at,
        "warn_at": row["created_at"] + timedelta(minutes=1800),
        "state": "met" if is_done else "running",
        "met_at": row["created_at"] if is_done else None,
        "elapsed_minutes": 1.0 if is_done else None,
    }
