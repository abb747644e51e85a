from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ticketing.desk import both
from tests.ticketing.ways import RETURNS
from ticketing import workflow_specs, workflows
from ticketing.lifecycle import MOVES, UNFINISHED
from ticketing.types import State
from ticketing.workflow_errors import WorkflowInvalidError


def changed(**more: Any) -> dict[str, Any]:
    return deepcopy(RETURNS) | more


def with_step(**more: Any) -> dict[str, Any]:
    """The workflow with a step before the last, to which a move leads and from which one leads on."""
    spec = changed()
    spec["steps"].insert(4, {"slug": "extra", "type": "open", "name": both("Extra")} | more)
    spec["moves"] += [{"source": "checking", "target": "extra"}, {"source": "extra", "target": "checking"}]
    return spec


def with_move(**move: Any) -> dict[str, Any]:
    return changed(moves=[*RETURNS["moves"], move])


def without_move(source: str, target: str) -> dict[str, Any]:
    kept = [one for one in RETURNS["moves"] if (one["source"], one["target"]) != (source, target)]
    return changed(moves=kept)


def with_approval(**approval: Any) -> dict[str, Any]:
    spec = changed()
    spec["steps"][3]["approval"] = approval
    return spec


@pytest.mark.parametrize(
    ("bad", "path"),
    [
        ([], ""),
        ({}, "name"),
        (changed(colour="red"), "colour"),
        (changed(steps=RETURNS["steps"][:1]), "steps"),
        (changed(kinds=["Not a slug"]), "kinds.0"),
        (changed(name={"zh": "", "en": " "}), "name"),
        (with_step(slug="asked"), "steps.4.slug"),
        (with_step(slug="solved"), "steps.4.slug"),
        (with_step(type="merged"), "steps.4.type"),
        (with_step(type="new"), "steps.4.type"),
        (with_step(type="lost"), "steps.4.type"),
        (with_step(limit={"minutes": 0}), "steps.4.limit.minutes"),
        (with_step(type="solved", limit={"minutes": 5}), "steps.4.limit"),
        (
            with_step(limit={"minutes": 5, "escalations": [{"after_minutes": -1, "notify": []}]}),
            "steps.4.limit.escalations",
        ),
        (changed(steps=[one for one in RETURNS["steps"] if one["type"] != "solved"]), "steps"),
        (with_move(source="asked", target="asked"), "moves.6.target"),
        (with_move(source="asked", target="checking"), "moves.6"),
        (with_move(source="asked", target="nowhere"), "moves.6.target"),
        (with_move(source="nowhere", target="asked"), "moves.6.source"),
        (with_move(source="checking", target="asked"), "moves.6.target"),  # nothing becomes new again
        (with_move(source="boss", target="paying"), "moves.6.source"),
        (with_move(source="paying", target="boss", requires=["ghost"]), "moves.6.requires"),
        (without_move("checking", "boss"), "steps.3"),  # no move leads there
        (without_move("paying", "done"), "steps.4"),  # no way leads on
        (with_approval(approved="ghost", rejected="checking"), "steps.3.approval.approved"),
        (with_approval(approved="boss", rejected="checking"), "steps.3.approval.approved"),
        (with_approval(approved="asked", rejected="checking"), "steps.3.approval.approved"),
        (
            with_approval(field="verdict", under=5, approved="paying", rejected="checking"),
            "steps.3.approval.field",
        ),
        (with_approval(field="refund", approved="paying", rejected="checking"), "steps.3.approval.under"),
        (with_approval(under=5, approved="paying", rejected="checking"), "steps.3.approval.under"),
        (changed(cancel={"target": "checking"}), "cancel.target"),
        (changed(fields=[RETURNS["fields"][0]] * 2), "fields.1.name"),
    ],
)
def test_a_workflow_that_contradicts_itself_is_refused_with_the_place(bad: Any, path: str) -> None:
    with pytest.raises(WorkflowInvalidError) as caught:
        workflow_specs.parse(bad)
    assert path in [one["path"] for one in caught.value.fields()["faults"]]


def test_approvals_that_agree_to_each_other_for_ever_are_refused() -> None:
    spec = with_step(approval={"approved": "boss", "rejected": "checking"})
    spec["moves"] = [one for one in spec["moves"] if one["source"] != "extra"]
    spec["steps"][3]["approval"]["approved"] = "extra"
    spec["moves"].append({"source": "checking", "target": "paying"})
    with pytest.raises(WorkflowInvalidError) as caught:
        workflow_specs.parse(spec)
    assert "lead back" in str(caught.value)


def test_what_is_read_and_written_is_read_the_same() -> None:
    spec = workflow_specs.parse(RETURNS)
    assert workflow_specs.parse(workflow_specs.to_json(spec)) == spec


@pytest.mark.parametrize(
    "slug", ["complaint", "return-exchange", "technical-request", "invoice-request", "order-change"]
)
def test_the_templates_are_there_in_both_languages_with_limits(slug: str) -> None:
    spec = workflows.templates()[slug]
    assert all(one.name["zh"] != one.name["en"] for one in spec.steps)
    assert any(one.limit for one in spec.steps) and spec.cancel is not None and spec.description


steps = st.lists(
    st.fixed_dictionaries(
        {"slug": st.sampled_from("abcdef"), "type": st.sampled_from(list(State)), "name": st.just("x")}
    ),
    min_size=2,
    max_size=6,
)
moves = st.lists(
    st.fixed_dictionaries({"source": st.sampled_from("abcdef"), "target": st.sampled_from("abcdef")}),
    max_size=12,
)


@given(steps, moves)
def test_whatever_is_drawn_is_refused_or_can_be_gone_to_its_end(
    steps: list[dict[str, Any]], moves: list[dict[str, Any]]
) -> None:
    try:
        spec = workflow_specs.parse({"name": "x", "kinds": [], "steps": steps, "moves": moves})
    except WorkflowInvalidError:
        return
    for move in spec.moves:
        source, target = spec.step(move.source), spec.step(move.target)
        assert source is not None and target is not None
        assert source.type is target.type or target.type in MOVES[source.type]
    for one in spec.steps:
        ahead, look = {one.slug}, [one.slug]
        while look:
            look += (new := [m.target for m in spec.moves_from(look.pop()) if m.target not in ahead])
            ahead |= set(new)
        ends = {step.slug for step in spec.steps if step.type in (State.SOLVED, State.CLOSED)}
        assert one.type not in UNFINISHED or ahead & ends
