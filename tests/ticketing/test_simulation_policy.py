"""A policy tried before it is switched on: decided by the desk's own code, and nobody starves under any."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from typer.testing import CliRunner

from foundation.db import WriteSession
from portal_api.commands import simulate as command
from tests.ticketing.desk import ANN, BOB, SAM, SOLO, VERA, opened, who
from tests.ticketing.test_simulation import written
from ticketing import dispatch, presence, simulation, simulation_inputs, simulation_policy
from ticketing.directory_types import Presence
from ticketing.errors import BadRoutingError, ScenarioInvalidError
from ticketing.routing_types import DeskRouting
from ticketing.simulation_policy import Policy
from ticketing.simulation_types import Scenario, SimAgent, SimOrder, SimTicket
from ticketing.tables import AgentTable, GivenTable, QueueTable
from ticketing.types import Queue, QueueRouting

START = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TIERS = ("vip", "gold", "standard")
NAME = {"zh": "q", "en": "q"}


def ticket(number: int, minute: float, place: int = 2, *, work: float = 10, **more: Any) -> SimTicket:
    at, language = START + minute * MINUTE, more.pop("language", "zh")
    due_at = at + more.pop("due", 60) * MINUTE
    return SimTicket(number, at, place, TIERS[place], language, due_at, work, **more)


def run(policy: Policy, tickets: list[SimTicket], *agents: SimAgent) -> Any:
    return simulation.run(simulation_policy.under(policy, Scenario(TIERS, tuple(tickets), agents)))


def queue(how: QueueRouting, team: str = "care") -> Policy:
    return Policy((Queue(1, "q", NAME, 1, team, routing=how),))


def test_skills_relax_and_the_other_team_helps_at_their_minute() -> None:
    how = QueueRouting(relax_after_minutes=7, fallback_team="key", fallback_after_minutes=4)
    pump = SimAgent("pump", team="key", skills=frozenset({"pump"}))
    valve = SimAgent("valve", team="care", skills=frozenset({"valve"}))
    (first, second) = run(
        queue(how), [ticket(1, 0, product="pump"), ticket(2, 0, product="pump", work=1)], pump, valve
    )
    assert (first.agent.name, first.at - START, first.why) == ("pump", 4 * MINUTE, "fallback")
    assert (second.agent.name, second.at - START, second.why) == ("valve", 7 * MINUTE, "relaxed")


def test_a_heavy_chat_is_not_overtaken_by_light_forms_without_end() -> None:
    policy = Policy(desk=DeskRouting(weights={"widget": 3, "form": 1}))
    forms = [ticket(number, number * 2.0, work=9) for number in range(1, 200)]
    chat = ticket(0, 3, channel="widget", due=5)
    starts = run(policy, sorted([chat, *forms], key=lambda one: one.at), SimAgent("Ann", capacity=3))
    assert next(one for one in starts if one.ticket.id == 0).at - chat.at < 12 * MINUTE


ROUTING = st.builds(
    QueueRouting,
    relax_after_minutes=st.sampled_from([None, 0, 15]),
    fallback_team=st.just("b"),
    fallback_after_minutes=st.sampled_from([0, 30]),
)
ARRIVALS = st.lists(
    st.tuples(
        st.floats(0, 6000),
        st.integers(0, 2),
        st.floats(0, 600),
        st.floats(1, 200),
        st.sampled_from(["widget", "form"]),
        st.sampled_from(["x", "y", None]),
        st.sampled_from(["zh", "en"]),
    ),
    min_size=1,
    max_size=60,
)
CREW = st.lists(
    st.builds(
        SimAgent,
        name=st.just("one"),
        team=st.sampled_from(["a", "b"]),
        skills=st.frozensets(st.sampled_from(["x", "y"])),
        languages=st.frozensets(st.sampled_from(["zh", "en"])),
        capacity=st.integers(1, 4),
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=120)
@given(ARRIVALS, CREW, ROUTING, st.integers(1, 4), st.one_of(st.none(), st.integers(1, 3)))
def test_under_any_policy_the_guarantee_holds_and_who_can_be_served_is(
    arrivals: list[Any], crew: list[SimAgent], how: QueueRouting, weight: int, share: int | None
) -> None:
    tickets = [
        ticket(number, minute, place, due=due, work=work, channel=channel, product=product, language=language)
        for number, (minute, place, due, work, channel, product, language) in enumerate(
            sorted(arrivals, key=lambda one: one[0])
        )
    ]
    desk = DeskRouting(weights={"widget": weight, "form": 1}, fair_share=share)
    policy = Policy((Queue(1, "q", NAME, 1, "a", routing=how),), desk)
    scenario = simulation_policy.under(policy, Scenario(TIERS, tuple(tickets), tuple(crew)))
    starts = simulation.run(scenario)
    assert simulation.check_bound(starts).holds
    left = {one.id for one in tickets} - {one.ticket.id for one in starts}
    late = START + timedelta(days=300)
    for one in scenario.tickets:
        may = any(agent.hand(at).why(one.work(), late) for at, agent in enumerate(crew))
        assert (one.id in left) is not may


POLICY = {
    "queues": [
        {"slug": "vip", "team": "key", "conditions": {"tiers": ["vip"]}, "routing": {
            "fallback_team": "care", "fallback_after_minutes": 3}},
        {"slug": "rest", "team": "care", "routing": {
            "relax_after_minutes": 10, "fallback_team": "key", "fallback_after_minutes": 20}},
    ],
    "routing": {"weights": {"widget": 2, "form": 1}, "fair_share": 6},
}  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_an_hour_at_120_percent_with_teams_skills_and_weights_keeps_the_guarantee(seed: int) -> None:
    agents = [
        {"name": f"a{at}", "team": "key" if at < 3 else "care", "capacity": 3, "skills": [["x"], ["y"], []][at % 3]}
        for at in range(10)
    ]  # fmt: skip
    crowd = written(agents=agents, seed=seed)
    for tier in crowd["tiers"]:
        tier |= {"channels": {"widget": 0.5, "form": 0.5}, "products": {"x": 0.4, "y": 0.4}}
    made = simulation_inputs.from_scenario(crowd | POLICY, order=SimOrder.PROMISE, seed=None, agents=None)
    result = simulation.simulate(made)
    assert result.busiest_hour_load is not None and result.busiest_hour_load > 1.1
    assert result.bound.holds and [one.unserved for one in result.waits] == [0, 0, 0]
    assert set(result.why) >= {"skilled", "fallback"}


def test_a_desk_hands_out_what_its_simulation_foretells(session: WriteSession) -> None:
    """The same tickets and agents, once at the desk and once in the simulation, end with the same agents."""
    session.execute(update(QueueTable).values(is_automatic=True, team_id=None))
    for email in (SAM, VERA, SOLO, SAM, VERA):
        opened(session, email, language="zh")
    for email in (ANN, BOB):
        presence.set_presence(session, who(session, email).agent_id or 0, Presence.ONLINE)
    session.execute(update(AgentTable).values(capacity=1))  # as many at a time as the simulation works on
    scenario = simulation_inputs.from_history(
        session, 1, order=SimOrder.PROMISE, seed=1, agents=None, handling=10
    )
    foretold = [(one.ticket.id, one.agent.agent_id) for one in simulation.run(scenario)[:2]]
    dispatch.hand_out(session)
    rows = session.execute(select(GivenTable.ticket_id, GivenTable.agent_id).order_by(GivenTable.id))
    assert [tuple(row) for row in rows] == foretold


def test_a_policy_that_makes_no_sense_is_refused() -> None:
    for broken in ({"queues": [{}]}, {"queues": 3}, {"routing": {"speed": 3}}, {"routing": {"weights": 3}}):
        with pytest.raises(ScenarioInvalidError):
            simulation_policy.read(broken)
    with pytest.raises(BadRoutingError):
        simulation_policy.read({"routing": {"fair_share": 0}})


def test_the_command_tries_a_policy_that_is_not_in_force(desk: None, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(yaml.safe_dump(POLICY), "utf-8")
    told = []
    for more in ([], ["--policy", str(path)]):
        answer = CliRunner().invoke(command.app, ["routing", "--json", *more])
        assert answer.exit_code == 0, answer.output
        told.append(json.loads(answer.stdout))
    assert told[0]["tiers"] != told[1]["tiers"]
    assert "fallback" in told[1]["why"] and "fallback" not in told[0]["why"]


def test_without_queues_everybody_takes_everything() -> None:
    made = simulation_policy.under(
        Policy(), Scenario(TIERS, (ticket(1, 0, product="x"),), (SimAgent("Ann"),))
    )
    assert replace(made.tickets[0], skills=frozenset()) == ticket(1, 0, product="x")
