"""Where a simulation's tickets and agents come from: a scenario in words, or the desk and its history.

A scenario (YAML or JSON):

    seed: 7
    start: 2026-09-07T08:30:00+08:00
    phases: [{hours: 1, load: 1.2}, {hours: 7, load: 0.7}]      # or rate_per_hour instead of load
    handling_minutes: 12
    tiers:
      - {slug: vip, share: 0.1, first_response_minutes: 15, languages: {zh: 0.6, en: 0.4}}
    agents:
      - {name: Ann, team: care, languages: [zh, en], skills: [], capacity: 2, shifts: [["08:30", "17:30"]]}
    time_zone: Asia/Shanghai
    queues: …                                              # and routing: see ticketing.simulation_policy

A tier may also say `kinds`, `channels` and `products`, each with shares as `languages` has them.

`load` is arriving work per work that all agents could do if everyone could take everything.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from foundation import clock
from foundation.access import Role
from foundation.db import ReadSession
from ticketing import calendar as working
from ticketing import directory, dispatch, policies, simulation_policy
from ticketing.calendar import ALWAYS, WEEKDAYS, Calendar
from ticketing.errors import BadCalendarError, ScenarioInvalidError
from ticketing.queue_order import WITHOUT_PROMISE
from ticketing.simulation_types import Scenario, SimAgent, SimOrder, SimTicket
from ticketing.tables import ClockTable, TicketTable
from ticketing.types import Metric, Priority

DEFAULT_PHASES = ({"hours": 1, "load": 1.2}, {"hours": 7, "load": 0.7})
DEFAULT_HANDLING = 12.0
_SHARES = (0.1, 0.3, 0.6)
_MOST = 200_000
_MINUTE = timedelta(minutes=1)
Due = Callable[[datetime], tuple[datetime, bool]]


def from_scenario(
    written: Mapping[str, Any], *, order: SimOrder, seed: int | None, agents: int | None
) -> Scenario:
    """Read a scenario and let its tickets arrive. Raises ScenarioInvalidError."""
    try:
        people = tuple(_agent(one, str(written.get("time_zone", "UTC"))) for one in written["agents"])
        tiers = [_tier(one) for one in written["tiers"]]
        start = _instant(written.get("start", datetime(2026, 9, 7, 0, 30, tzinfo=UTC)))
        chosen = seed if seed is not None else int(written.get("seed", 1))
        tickets = _arrive(
            tiers,
            _first(people, agents),
            written.get("phases", DEFAULT_PHASES),
            start=start,
            handling=float(written.get("handling_minutes", DEFAULT_HANDLING)),
            seed=chosen,
        )
    except (KeyError, TypeError, ValueError, AttributeError, BadCalendarError) as error:
        raise ScenarioInvalidError(f"{type(error).__name__}: {error}") from error
    names, notes = tuple(one["slug"] for one in tiers), {"source": "scenario", "seed": chosen}
    made = Scenario(names, tickets, _first(people, agents), order, notes=notes)
    return simulation_policy.under(simulation_policy.read(written), made)


def _instant(written: Any) -> datetime:
    at = written if isinstance(written, datetime) else datetime.fromisoformat(str(written))
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _first(people: Sequence[SimAgent], wanted: int | None) -> tuple[SimAgent, ...]:
    """As many agents as asked for: the first ones, or copies of all in turn."""
    if not people:
        raise ScenarioInvalidError("there is no agent")
    if wanted is None:
        return tuple(people)
    if wanted < 1:
        raise ScenarioInvalidError("at least one agent is needed")
    return tuple(people[at % len(people)] for at in range(wanted))


def _agent(written: Mapping[str, Any], time_zone: str) -> SimAgent:
    shifts, shift = written.get("shifts"), ALWAYS
    if shifts:
        weekly = dict.fromkeys(written.get("days") or WEEKDAYS, shifts)
        shift = working.from_spec("shift", {"time_zone": time_zone, "weekly": weekly})
    capacity = int(written.get("capacity", 1))
    if capacity < 1:
        raise ValueError("an agent's capacity is at least 1")
    return SimAgent(
        str(written.get("name", "")),
        frozenset(written.get("languages") or ()),
        frozenset(written.get("skills") or ()),
        capacity,
        shift,
        str(written["team"]) if written.get("team") else None,
    )


def _tier(written: Mapping[str, Any]) -> dict[str, Any]:
    minutes = written.get("first_response_minutes")
    share = float(written.get("share", 1))
    if share < 0 or (minutes is not None and float(minutes) < 0):
        raise ValueError("shares and minutes cannot be negative")
    return {
        "slug": str(written["slug"]),
        "share": share,
        "languages": dict(written.get("languages") or {"zh": 1}),
        "kinds": dict(written.get("kinds") or {}),
        "channels": dict(written.get("channels") or {}),
        "products": dict(written.get("products") or {}),
        "due": _due_by(minutes, ALWAYS),
    }


def _due_by(minutes: float | None, calendar: Calendar) -> Due:
    if minutes is None:
        return lambda at: (at + WITHOUT_PROMISE, False)
    return lambda at: (working.add_working_minutes(calendar, at, float(minutes)), True)


def _arrive(
    tiers: Sequence[Mapping[str, Any]],
    agents: Sequence[SimAgent],
    phases: Sequence[Mapping[str, Any]],
    *,
    start: datetime,
    handling: float,
    seed: int,
) -> tuple[SimTicket, ...]:
    """Poisson arrivals; handling times spread as sums of two exponentials do (few very short ones)."""
    if handling <= 0 or not tiers:
        raise ValueError("tiers and a positive handling time are needed")
    rng, begin = random.Random(seed), start  # noqa: S311 - a simulation, repeatable on purpose
    tickets: list[SimTicket] = []
    for phase in phases:
        end = begin + timedelta(hours=float(phase["hours"]))
        rate = _rate(phase, agents, begin, end, handling)
        at = begin
        while rate > 0:
            at += rng.expovariate(rate) * _MINUTE
            if at >= end:
                break
            if len(tickets) >= _MOST:
                raise ValueError(f"more than {_MOST} tickets arrive")
            tickets.append(_ticket(rng, len(tickets), at, tiers, handling))
        begin = end
    return tuple(tickets)


def _rate(
    phase: Mapping[str, Any], agents: Sequence[SimAgent], begin: datetime, end: datetime, handling: float
) -> float:
    """Arrivals in a minute."""
    if "rate_per_hour" in phase:
        return float(phase["rate_per_hour"]) / 60
    could = sum(one.capacity * working.working_minutes_between(one.shift, begin, end) for one in agents)
    return float(phase["load"]) * could / handling / ((end - begin) / _MINUTE)


def _ticket(
    rng: random.Random, number: int, at: datetime, tiers: Sequence[Mapping[str, Any]], handling: float
) -> SimTicket:
    place = rng.choices(range(len(tiers)), [one["share"] for one in tiers])[0]
    tier = tiers[place]
    language = rng.choices(list(tier["languages"]), list(tier["languages"].values()))[0]
    due_at, has_promise = tier["due"](at)
    minutes = rng.gammavariate(2, handling / 2)
    return SimTicket(
        number,
        at,
        place,
        tier["slug"],
        language,
        due_at,
        minutes,
        _drawn(rng, tier.get("products")),
        has_promise,
        _drawn(rng, tier.get("kinds")) or "general",
        _drawn(rng, tier.get("channels")) or "form",
    )


def _drawn(rng: random.Random, shares: Mapping[str, float] | None) -> str | None:
    return rng.choices(list(shares), list(shares.values()))[0] if shares else None


# The desk as it is


def from_desk(
    session: ReadSession, *, order: SimOrder, seed: int | None, agents: int | None, handling: float
) -> Scenario:
    """The desk's tiers, promises and agents under 120 % load for an hour of its next working day, then 70 %."""
    calendar = policies.desk_calendar(session)
    people = _first(_desk_agents(session, calendar), agents)
    names = [one.slug for one in directory.tiers(session)] or ["standard"]
    shares = [_SHARES[min(at, 2)] for at in range(len(names))]
    policy = simulation_policy.of_desk(session)
    kinds = dict.fromkeys(sorted({"general", *(kind for one in policy.queues for kind in one.kinds)}), 1.0)
    products = dict.fromkeys(sorted({skill for one in people for skill in one.skills}), 1.0)
    tiers = [
        {
            "slug": name,
            "share": share,
            "languages": {"zh": 0.6, "en": 0.4},
            "kinds": kinds,
            "products": products,
            "due": _policy_due(session, name),
        }
        for name, share in zip(names, shares, strict=True)
    ]
    day = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    start, chosen = working.next_working(calendar, day), 1 if seed is None else seed
    tickets = _arrive(tiers, people, DEFAULT_PHASES, start=start, handling=handling, seed=chosen)
    notes = {"source": "desk", "seed": chosen, "phases": list(DEFAULT_PHASES), "handling_minutes": handling}
    return simulation_policy.under(policy, Scenario(tuple(names), tickets, people, order, notes=notes))


def _desk_agents(session: ReadSession, calendar: Calendar) -> list[SimAgent]:
    """Agents who take tickets. One ticket at a time: capacity is how many stay open, not how many are worked on."""
    return [
        SimAgent(one.name, frozenset(one.languages), frozenset(one.skills), 1, calendar, one.team, one.id)
        for one in directory.agents(session)
        if one.capacity > 0 and one.role == Role.AGENT
    ]


def _policy_due(session: ReadSession, tier: str) -> Due:
    policy = policies.policy_for(session, tier=tier, priority=Priority.NORMAL, kind="general")
    if policy is None:
        return _due_by(None, ALWAYS)
    return _due_by(policy.first_response_minutes, policies.calendar(session, policy.calendar))


def from_history(
    session: ReadSession, days: int, *, order: SimOrder, seed: int | None, agents: int | None, handling: float
) -> Scenario:
    """The tickets of the last days as they arrived, with the promises they had, for the desk's agents."""
    calendar, tiers = policies.desk_calendar(session), directory.tiers(session)
    names = tuple(one.slug for one in tiers) or ("standard",)
    places = {one.id: place for place, one in enumerate(tiers)}
    rng = random.Random(1 if seed is None else seed)  # noqa: S311 - a simulation, repeatable on purpose
    promised = select(ClockTable.ticket_id, ClockTable.due_at).where(
        ClockTable.metric == Metric.FIRST_RESPONSE
    )
    due = {row.ticket_id: row.due_at for row in session.execute(promised)}
    wanted = select(TicketTable).where(TicketTable.created_at > clock.now() - timedelta(days=days))
    people = _first(_desk_agents(session, calendar), agents)
    numbers = {one.agent_id: at for at, one in reversed(list(enumerate(people)))}
    managers = {company: numbers.get(agent) for company, agent in dispatch.managers(session).items()}
    tickets: list[SimTicket] = []
    for row in session.scalars(wanted.order_by(TicketTable.created_at, TicketTable.id).limit(_MOST)):
        place = places.get(row.tier_id or 0, len(names) - 1)
        due_at = due.get(row.id)
        tickets.append(
            SimTicket(
                row.id,
                row.created_at,
                place,
                names[place],
                row.language,
                due_at or row.created_at + WITHOUT_PROMISE,
                rng.gammavariate(2, handling / 2),
                row.product,
                due_at is not None,
                row.kind,
                row.channel,
                manager=managers.get(row.company_id or 0),
            )
        )
    notes = {
        "source": "history",
        "days": days,
        "handling_minutes": handling,
        "seed": 1 if seed is None else seed,
    }
    made = Scenario(names, tuple(tickets), people, order, notes=notes)
    return simulation_policy.under(simulation_policy.of_desk(session), made)
