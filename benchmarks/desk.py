"""The desk at scale: `python -m benchmarks desk --url postgresql://… [--tickets 10000 1000000]`; prints JSON.

Makes a database of its own beside the one the address names, fills it to each size in turn, and at each size
opens, lists, searches and changes tickets through the same functions that the routes call. A size's times stand
beside those of the first size, in the same run; what counts is the ratio of their 95th percentiles.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from benchmarks import desk_rows
from foundation import db
from foundation.access import Viewer
from foundation.settings import Settings, use_settings
from portal_api import database
from ticketing import directory
from ticketing import service as ticketing
from ticketing.types import NewReply, NewTicket, Order, State, TicketFilter

ROUNDS = int(os.environ.get("JIEDA_BENCH_ROUNDS", "60"))
_OPEN = (State.NEW, State.OPEN, State.WAITING_CUSTOMER, State.ON_HOLD)
_WORDS = (
    "变频器",
    "通讯中断",
    "固件升级",
    "发票",
    "gateway",
    "invoice",
    "王",
    "drive trips",
    "报警停机 变频器",
)


def run(url: str, sizes: list[int]) -> dict[str, Any]:
    """Figures for each size, and how the reads of the last compare with those of the first."""
    name = f"jieda_bench_desk_{os.getpid()}"
    base = url.rpartition("/")[0]
    admin = create_engine(Settings(database_url=url).sqlalchemy_url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        with tempfile.TemporaryDirectory() as folder:
            use_settings(Settings(data_dir=Path(folder), database_url=f"{base}/{name}", embedder="fake:16"))
            database.upgrade()
            desk_rows.set_up()
            found = {size: _at_size(size) for size in sorted(sizes)}
    finally:
        db.dispose_engines()
        use_settings(None)
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()
    return {"unfinished_share": desk_rows.UNFINISHED, "sizes": found, "ratios": _ratios(found)}


def _at_size(size: int) -> dict[str, Any]:
    began = time.perf_counter()
    desk_rows.fill(size)
    filled_s = time.perf_counter() - began
    with db.read_session() as session:
        agent = directory.viewer_by_email(session, "a1@desk.example")
        customer = directory.viewer_by_email(session, "p7@c.example")
    chance = random.Random(3)
    measured = {name: _timed(act) for name, act in _reads(agent, chance).items()}
    measured |= {name: _timed(act) for name, act in _writes(agent, customer).items()}
    return {"tickets": size, "filled_s": round(filled_s, 1), **measured}


def _reads(agent: Viewer, chance: random.Random) -> dict[str, Callable[[], object]]:
    def listed(wanted: TicketFilter, order: Order = Order.PROMISE) -> object:
        with db.read_session() as session:
            return ticketing.tickets(session, agent, wanted, order=order, limit=100)

    def loads() -> object:
        with db.read_session() as session:
            return ticketing.queue_loads(session)

    return {
        "all_open": lambda: listed(TicketFilter(states=_OPEN)),
        "queue_page": lambda: listed(TicketFilter(queue=chance.choice(["vip", "zh", "en"]), states=_OPEN)),
        "mine": lambda: listed(TicketFilter(assignee="me", states=_OPEN)),
        "done": lambda: listed(TicketFilter(states=(State.SOLVED, State.CLOSED)), Order.UPDATED),
        "search": lambda: listed(TicketFilter(q=chance.choice(_WORDS))),
        "search_number": lambda: listed(TicketFilter(q=f"JD-{chance.randrange(1, 9_000):06d}")),
        "queue_counts": loads,
    }


def _writes(agent: Viewer, customer: Viewer) -> dict[str, Callable[[], object]]:
    opened: list[int] = []

    def create() -> None:
        with db.write_session() as session:
            new = NewTicket(
                subject="It beeps", body="All day.", language="zh", requester_id=customer.person_id
            )
            opened.append(ticketing.open_ticket(session, new).id)

    def update() -> None:
        with db.write_session() as session:
            ticketing.reply(session, agent, opened[-1], NewReply(text="Have you tried turning it off?"))

    def solve() -> None:
        with db.write_session() as session:
            ticketing.resolve(session, agent, opened.pop())

    return {"create": create, "reply": update, "solve": solve}


def _timed(act: Callable[[], object]) -> dict[str, float]:
    """Milliseconds by the clock: most of the work is the database's. One call first warms it."""
    act()
    times = []
    for _round in range(ROUNDS - 1):
        began = time.perf_counter()
        act()
        times.append((time.perf_counter() - began) * 1000)
    times.sort()
    total = sum(times)
    return {
        "p50_ms": round(times[len(times) // 2], 2),
        "p95_ms": round(times[min(len(times) - 1, int(len(times) * 0.95))], 2),
        "per_second": round(len(times) * 1000 / total, 1),
    }


def _ratios(found: dict[int, dict[str, Any]]) -> dict[str, float]:
    """95th percentile at the last size over that at the first."""
    first, last = found[min(found)], found[max(found)]
    return {
        name: round(last[name]["p95_ms"] / first[name]["p95_ms"], 2)
        for name, figures in first.items()
        if isinstance(figures, dict)
    }
