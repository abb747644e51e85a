"""Conditions of rules: what is read, what is refused, and what holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketing import rule_conditions
from ticketing.rule_catalogue import FIELDS, OPS, Kind
from ticketing.rule_conditions import first_unmet, holds, parse, to_json
from ticketing.rule_types import Group, Leaf, Node, Not, Op

_TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
_NUMBERS = st.integers(-10, 10) | st.floats(-10, 10)
_VALUES = {
    Kind.TEXT: _TEXTS,
    Kind.CHOICE: _TEXTS,
    Kind.NUMBER: _NUMBERS,
    Kind.FLAG: st.booleans(),
    Kind.LIST: _TEXTS,
    Kind.ANY: _TEXTS | _NUMBERS,
}
_FACTS = st.dictionaries(
    st.sampled_from([field.name for field in FIELDS] + ["form.power"]),
    st.none() | _TEXTS | _NUMBERS | st.booleans() | st.lists(_TEXTS, max_size=3),
    max_size=12,
)
_OPPOSITES = [(Op.IS, Op.IS_NOT), (Op.IN, Op.NOT_IN), (Op.CONTAINS, Op.NOT_CONTAINS)]
_OPPOSITES.append((Op.IS_EMPTY, Op.IS_NOT_EMPTY))


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, Any]:
    field = draw(st.sampled_from(FIELDS))
    op = draw(st.sampled_from(OPS[field.kind]))
    if op in (Op.IS_EMPTY, Op.IS_NOT_EMPTY):
        return {"field": field.name, "op": str(op)}
    value = _VALUES[field.kind]
    if op in (Op.IN, Op.NOT_IN):
        value = st.lists(value, min_size=1, max_size=4)
    return {"field": field.name, "op": str(op), "value": draw(value)}


TREES = st.recursive(
    leaves(),
    lambda inner: (
        st.fixed_dictionaries({"all": st.lists(inner, max_size=3)})
        | st.fixed_dictionaries({"any": st.lists(inner, max_size=3)})
        | st.fixed_dictionaries({"not": inner})
    ),
    max_leaves=6,
)
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["all", "any", "not", "field", "op", "value", "x"]), inner, max_size=3
        )
    ),
    max_leaves=15,
)


def read(written: Any) -> Node:
    faults: list[tuple[str, str]] = []
    made = parse(written, lambda path, message: faults.append((path, message)))
    assert faults == []
    return made


def faults_of(written: Any) -> list[str]:
    faults: list[str] = []
    parse(written, lambda path, _message: faults.append(path))
    return faults


def leaf(op: str, value: Any = None, field: str = "form.x") -> Node:
    return read({"field": field, "op": op} | ({} if value is None else {"value": value}))


@settings(deadline=None)
@given(_ANYTHING, _FACTS)
def test_whatever_is_written_is_refused_in_words_or_can_be_evaluated(
    written: Any, facts: dict[str, Any]
) -> None:
    found: list[str] = []
    tree = parse(written, lambda path, _message: found.append(path))
    if not found:
        assert holds(tree, facts) in (True, False)


@settings(deadline=None)
@given(TREES)
def test_a_tree_that_is_written_back_and_read_again_is_the_same(written: dict[str, Any]) -> None:
    faults: list[str] = []
    tree = parse(written, lambda path, _message: faults.append(path))
    if not faults:
        assert read(json.loads(json.dumps(to_json(tree)))) == tree


@settings(deadline=None)
@given(TREES, TREES, _FACTS)
def test_not_all_is_any_not(one: dict[str, Any], other: dict[str, Any], facts: dict[str, Any]) -> None:
    if faults_of(one) or faults_of(other):
        return  # too deep
    left, right = read(one), read(other)
    both = Not(Group("all", (left, right)))
    assert holds(both, facts) == holds(Group("any", (Not(left), Not(right))), facts)


@settings(deadline=None)
@given(st.sampled_from(_OPPOSITES), st.none() | _TEXTS | _NUMBERS | st.lists(_TEXTS), _TEXTS | _NUMBERS)
def test_every_negative_comparison_is_the_exact_opposite(pair: tuple[Op, Op], fact: Any, value: Any) -> None:
    given_value = [value] if pair[0] is Op.IN else value
    facts = {"form.x": fact}
    assert holds(Leaf("form.x", pair[0], given_value), facts) != holds(
        Leaf("form.x", pair[1], given_value), facts
    )


@settings(deadline=None)
@given(TREES, _FACTS)
def test_a_tree_names_an_unmet_condition_exactly_when_it_does_not_hold(
    written: dict[str, Any], facts: dict[str, Any]
) -> None:
    if not faults_of(written):
        tree = read(written)
        assert (first_unmet(tree, facts) is None) == holds(tree, facts)


@settings(deadline=None)
@given(_NUMBERS, _NUMBERS)
def test_numbers_are_ordered_as_numbers(fact: float, value: float) -> None:
    facts = {"ticket.age_hours": fact}
    found = [holds(Leaf("ticket.age_hours", op, value), facts) for op in (Op.LT, Op.LTE, Op.GT, Op.GTE)]
    assert found == [fact < value, fact <= value, fact > value, fact >= value]


@pytest.mark.parametrize("op", ["is", "in", "contains", "lt", "lte", "gt", "gte"])
def test_what_is_missing_satisfies_no_positive_comparison(op: str) -> None:
    assert not holds(leaf(op, ["1"] if op == "in" else "1"), {})


def test_no_conditions_always_hold_and_an_empty_any_never_does() -> None:
    assert holds(read({}), {})
    assert holds(read(None), {})
    assert not holds(read({"any": []}), {})


def test_case_does_not_matter_and_a_list_contains_its_members() -> None:
    assert holds(leaf("is", "VIP", "company.tier"), {"company.tier": "vip"})
    assert holds(leaf("contains", "yld300", "company.products"), {"company.products": ["YLD300", "YLG20"]})
    assert not holds(leaf("contains", "YLD", "company.products"), {"company.products": ["YLD300"]})
    assert holds(leaf("contains", "漏水", "ticket.subject"), {"ticket.subject": "泵又漏水了"})


def test_a_form_value_that_looks_like_a_number_is_compared_as_one() -> None:
    assert holds(leaf("gte", 5.5), {"form.x": "5.50"})
    assert not holds(leaf("gte", 5.5), {"form.x": "five"})


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ({"field": "ticket.secret", "value": 1}, "conditions.field"),
        ({"field": "ticket.age_hours", "op": "contains", "value": 1}, "conditions.op"),
        ({"field": "event.rating", "op": "lt", "value": "three"}, "conditions.value"),
        ({"field": "ticket.is_assigned", "op": "is", "value": "yes"}, "conditions.value"),
        ({"field": "ticket.queue", "op": "in", "value": []}, "conditions.value"),
        ({"field": "form.", "value": 1}, "conditions.field"),
        ({"all": [{"any": [{"eval": "1"}]}]}, "conditions.all.0.any.0"),
        ({"all": [], "any": []}, "conditions"),
        ([], "conditions"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(written: Any, path: str) -> None:
    assert faults_of(written) == [path]


def test_a_tree_is_neither_deeper_nor_larger_than_people_read() -> None:
    deep: dict[str, Any] = {"all": []}
    for _ in range(rule_conditions.MAX_DEPTH):
        deep = {"not": deep}
    assert faults_of(deep)
    assert len(faults_of({"all": [{"field": "ticket.kind", "value": "x"}] * 1000})) == 1
