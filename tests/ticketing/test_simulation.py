"""Routing simulated: repeatable, in the desk's own order, and nobody starves."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from foundation.db import read_session, write_session
from portal_api.commands import simulate as command
from tests.ticketing.desk import SAM, VERA, opened
from ticketing import simulation, simulation_inputs
from ticketing.errors import ScenarioInvalidError
from ticketing.queue_order import LIFT_EVERY
from ticketing.simulation_types import Scenario, SimAgent, SimOrder, SimTicket

START = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)
TIERS = ("vip", "gold", "standard")


def ticket(
    number: int, minute: float, place: int = 0, *, due: float = 15, work: float = 10, lang: str = "zh"
) -> SimTicket:
    at = START + timedelta(minutes=minute)
    return SimTicket(number, at, place, TIERS[place], lang, at + timedelta(minutes=due), work)


def scenario(tickets: list[SimTicket], *agents: SimAgent, order: SimOrder = SimOrder.PROMISE) -> Scenario:
    return Scenario(TIERS, tuple(tickets), agents or (SimAgent("Ann"),), order)


def written(**more: Any) -> dict[str, Any]:
    return {
        "seed": 7,
        "start": "2026-09-07T08:30:00+08:00",
        "phases": [{"hours": 1, "load": 1.2}, {"hours": 7, "load": 0.7}],
        "handling_minutes": 12,
        "tiers": [
            {"slug": "vip", "share": 0.1, "first_response_minutes": 15, "languages": {"zh": 0.6, "en": 0.4}},
            {"slug": "gold", "share": 0.3, "first_response_minutes": 60, "languages": {"zh": 0.6, "en": 0.4}},
            {"slug": "standard", "share": 0.6, "first_response_minutes": 240, "languages": {"zh": 1}},
        ],
        "agents": [{"name": f"a{at}", "languages": ["zh", "en"]} for at in range(10)],
    } | more


def read(**more: Any) -> Scenario:
    return simulation_inputs.from_scenario(written(**more), order=SimOrder.PROMISE, seed=None, agents=None)


def test_the_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    one, again, other = (simulation.simulate(read(seed=seed)) for seed in (7, 7, 8))
    assert one == again
    assert one.waits != other.waits


def test_an_hour_at_120_percent_keeps_the_guarantee_and_the_order_of_tiers() -> None:
    made = read()
    first_hour = [one for one in made.tickets if one.at < made.tickets[0].at + timedelta(hours=1)]
    assert sum(one.handling_minutes for one in first_hour) / 600 == pytest.approx(1.2, abs=0.35)
    result = simulation.simulate(made)
    assert result.bound.holds
    assert [one.unserved for one in result.waits] == [0, 0, 0]
    vip, _gold, standard = result.waits
    assert vip.p95 is not None and standard.p95 is not None and vip.p95 <= standard.p95
    assert vip.kept == 1.0


def test_under_endless_overload_by_vips_a_standard_ticket_is_taken_and_strict_tiers_would_starve_it() -> None:
    vips = [ticket(number, number * 8.0 - 8) for number in range(1, 1400)]  # 125 % of one agent, for 7.8 days
    lonely = ticket(0, 0.5, place=2, due=240)
    tickets = sorted([lonely, *vips], key=lambda one: one.at)
    for order, is_starved in ((SimOrder.PROMISE, False), (SimOrder.TIER, True)):
        starts = simulation.run(scenario(tickets, order=order))
        start = next(one for one in starts if one.ticket.id == 0)
        lifted_at = lonely.due_at + lonely.place * LIFT_EVERY
        assert (start.at > lifted_at + timedelta(days=1)) is is_starved
        assert simulation.check_bound(starts).holds is not is_starved


def test_nobody_holds_more_than_the_capacity_and_each_ticket_is_taken_once() -> None:
    agents = (SimAgent("one", capacity=2), SimAgent("two", capacity=1))
    tickets = [ticket(number, number * 0.5) for number in range(60)]
    starts = simulation.run(scenario(tickets, *agents))
    assert Counter(one.ticket.id for one in starts) == Counter(range(60))
    for now in (one.at for one in starts):
        held = Counter(
            one.agent.name
            for one in starts
            if one.at <= now < one.at + timedelta(minutes=one.ticket.handling_minutes)
        )
        assert held["one"] <= 2 and held["two"] <= 1


def test_an_agent_takes_only_what_he_or_she_speaks_and_only_within_the_shift() -> None:
    made = read(
        agents=[
            {"name": "zh", "languages": ["zh"], "shifts": [["09:00", "12:00"]]},
            {"name": "en", "languages": ["en"], "shifts": [["09:00", "17:00"]]},
        ],
        time_zone="Asia/Shanghai",
    )
    starts = simulation.run(made)
    assert starts
    for one in starts:
        hour = one.at.astimezone(datetime.fromisoformat("2026-09-07T00:00+08:00").tzinfo).hour
        assert one.agent.name == one.ticket.language
        assert 9 <= hour < (12 if one.agent.name == "zh" else 17)


def test_a_ticket_nobody_may_take_is_counted_and_stops_nothing() -> None:
    result = simulation.simulate(
        scenario([ticket(0, 0, lang="fr"), ticket(1, 1, 2)], SimAgent("zh", frozenset({"zh"})))
    )
    assert [one.unserved for one in result.waits] == [1, 0, 0]
    assert result.waits[0].mean is None and result.waits[2].mean == 0


_TICKETS = st.lists(
    st.tuples(st.floats(0, 3000), st.integers(0, 2), st.floats(0, 600), st.floats(1, 120)),
    min_size=1,
    max_size=40,
)


@settings(deadline=None, max_examples=60)
@given(_TICKETS, st.integers(1, 3))
def test_whatever_arrives_every_ticket_is_taken_and_the_guarantee_holds(
    arrivals: list[tuple[float, int, float, float]], agents: int
) -> None:
    tickets = [
        ticket(number, minute, place, due=due, work=work)
        for number, (minute, place, due, work) in enumerate(sorted(arrivals))
    ]
    result = simulation.simulate(scenario(tickets, *[SimAgent(str(at)) for at in range(agents)]))
    assert result.bound.holds
    assert sum(one.unserved for one in result.waits) == 0


def test_waits_and_kept_promises_are_counted_by_hand() -> None:
    tickets = [ticket(number, 0, due=15, work=10) for number in range(4)]
    (vip, _, _) = simulation.simulate(scenario(tickets)).waits  # waits 0, 10, 20, 30
    assert (vip.mean, vip.p50, vip.p95, vip.max, vip.kept) == (15, 10, 30, 30, 0.5)


@pytest.mark.parametrize(
    "broken",
    [{"agents": []}, {"tiers": [{}]}, {"handling_minutes": 0}, {"phases": [{"hours": 1}]}, {"start": "noon"}],
)
def test_a_scenario_that_makes_no_sense_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ScenarioInvalidError):
        read(**broken)


def test_history_arrives_again_with_the_promises_it_had(desk: None) -> None:
    with write_session() as session:
        opened(session, VERA)
        opened(session, SAM)
    with read_session() as session:
        made = simulation_inputs.from_history(
            session, 7, order=SimOrder.PROMISE, seed=1, agents=None, handling=10
        )
    assert [(one.tier, (one.due_at - one.at) / timedelta(minutes=1)) for one in made.tickets] == [
        ("vip", 15),
        ("standard", 120),
    ]
    assert len(made.agents) == 2  # the manager takes no tickets


def test_the_command_prints_one_object_for_a_scenario_and_for_the_desk_itself(
    desk: None, tmp_path: Path
) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(yaml.safe_dump(written()), "utf-8")
    for arguments in (["--scenario", str(path)], ["--agents", "3"], ["--from-history", "30"]):
        answer = CliRunner().invoke(command.app, ["routing", *arguments, "--json"])
        assert answer.exit_code == 0, answer.output
        told = json.loads(answer.stdout)
        assert told["bound"]["holds"] is True
        assert [one["tier"] for one in told["tiers"]] == ["vip", "gold", "standard"]
    shown = CliRunner().invoke(command.app, ["routing", "--scenario", str(path)])
    assert "Nobody starves: the guarantee holds" in " ".join(shown.output.split())
