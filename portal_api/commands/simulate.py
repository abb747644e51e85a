"""`jieda simulate routing`: how long customers would wait under a policy, before it is switched on."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.table import Table

from foundation.db import read_session
from portal_api.commands.output import AsJson, console, print_json
from ticketing import simulation, simulation_inputs, simulation_policy
from ticketing.errors import ScenarioInvalidError
from ticketing.simulation_types import Scenario, SimOrder, SimResult

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _only_sub_commands() -> None:
    """Try out how the desk works before it does."""


@app.command("routing")
def routing(  # noqa: PLR0913, PLR0917 - each is an option of the command
    scenario: Annotated[
        Path | None,
        typer.Option(help="A YAML file: tiers, agents, phases; default: this desk at 120 % for an hour."),
    ] = None,
    from_history: Annotated[
        int | None, typer.Option(min=1, max=366, help="Let the tickets of the last DAYS arrive again.")
    ] = None,
    agents: Annotated[
        int | None, typer.Option(min=1, max=1000, help="How many agents, instead of all.")
    ] = None,
    order: Annotated[SimOrder, typer.Option(help="In which order tickets are taken.")] = SimOrder.PROMISE,
    handling_minutes: Annotated[
        float, typer.Option(min=0.1, help="Work per ticket, where no scenario says.")
    ] = 12.0,
    policy: Annotated[
        Path | None,
        typer.Option(help="A YAML file with queues and routing to try instead of those in force."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed gives another day.")] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate routing: waits for each tier, promises kept, whether anybody starves. Equal seeds, equal results."""
    if scenario is not None and from_history is not None:
        raise ScenarioInvalidError("give a scenario or a number of days, not both")
    with read_session() as session:
        if scenario is not None:
            made = simulation_inputs.from_scenario(_read(scenario), order=order, seed=seed, agents=agents)
        elif from_history is not None:
            made = simulation_inputs.from_history(
                session, from_history, order=order, seed=seed, agents=agents, handling=handling_minutes
            )
        else:
            made = simulation_inputs.from_desk(
                session, order=order, seed=seed, agents=agents, handling=handling_minutes
            )
    if policy is not None:
        made = simulation_policy.under(simulation_policy.read(_read(policy)), made)
    result = simulation.simulate(made)
    if as_json:
        print_json(_json(result))
    else:
        _show(result, made)


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise ScenarioInvalidError(str(error)) from error


def _json(result: SimResult) -> dict[str, Any]:
    return {
        "order": str(result.order),
        "agents": result.agents,
        "load": result.load,
        "busiest_hour_load": result.busiest_hour_load,
        "why": result.why,
        "tiers": [asdict(one) for one in result.waits],
        "bound": {**asdict(result.bound), "holds": result.bound.holds},
        "notes": result.notes,
    }


def _show(result: SimResult, made: Scenario) -> None:
    table = Table(title=f"{len(made.tickets)} tickets, {result.agents} agents, order: {result.order}")
    for name in ("tier", "tickets", "mean", "p50", "p95", "max", "promises kept", "never taken"):
        table.add_column(name, justify="left" if name == "tier" else "right")
    for one in result.waits:
        waits = (one.mean, one.p50, one.p95, one.max)
        shown = ["–" if wait is None else f"{wait:.1f}" for wait in waits]
        kept = "–" if one.kept is None else f"{one.kept:.1%}"
        table.add_row(one.tier, str(one.tickets), *shown, kept, str(one.unserved))
    console.print(table)
    loads = f"Load {_share(result.load)}, busiest hour {_share(result.busiest_hour_load)}."
    console.print(f"Minutes until somebody takes the ticket. {loads}")
    console.print("Taken: " + ", ".join(f"{count} {why}" for why, count in sorted(result.why.items())) + ".")
    bound = result.bound
    verdict = "holds" if bound.holds else f"is BROKEN {bound.overtaken} times"
    console.print(
        f"Nobody starves: the guarantee {verdict} ({bound.lifted} tickets waited so long that it lifted them; "
        f"longest overdue {max(0.0, bound.longest_overdue_days):.2f} days)."
    )


def _share(load: float | None) -> str:
    return "–" if load is None else f"{load:.0%}"
