"""Conditions of rules: a small typed tree, read from JSON or YAML, never executed as code.

`{"all": [...]}`, `{"any": [...]}`, `{"not": ...}` or `{"field": ..., "op": ..., "value": ...}`. A comparison
with something missing, or of things that cannot be compared, does not hold; each `not` form is the exact
opposite of its plain one, so `is_not` holds for what is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ticketing.rule_catalogue import OPS, Kind, kind_of
from ticketing.rule_types import Facts, Group, Leaf, Node, Not, Op

MAX_DEPTH = 6
MAX_PARTS = 50  # comparisons and groups in all
_MAX_TEXT = 500
_MAX_VALUES = 100
ALWAYS = Group("all")

Report = Callable[[str, str], None]  # where, what is wrong


def parse(written: Any, report: Report, *, path: str = "conditions") -> Node:
    """Read a tree; every fault goes to `report` with its place, and the result is only good without any."""
    if written in (None, {}):
        return ALWAYS
    return _Reader(report).node(written, path, 1)


class _Reader:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._parts = 0

    def node(self, written: Any, path: str, depth: int) -> Node:
        self._parts += 1
        if depth > MAX_DEPTH or self._parts > MAX_PARTS:
            if depth > MAX_DEPTH or self._parts == MAX_PARTS + 1:
                self._report(path, f"at most {MAX_PARTS} conditions, {MAX_DEPTH} levels deep")
            return ALWAYS
        if isinstance(written, dict) and set(written) <= {"field", "op", "value"} and "field" in written:
            return self._leaf(written, path)
        if isinstance(written, dict) and len(written) == 1:
            (kind, inner) = next(iter(written.items()))
            if kind == "not":
                return Not(self.node(inner, f"{path}.not", depth + 1))
            if kind in ("all", "any") and isinstance(inner, list):
                parts = [self.node(one, f"{path}.{kind}.{at}", depth + 1) for at, one in enumerate(inner)]
                return Group(kind, tuple(parts))
        self._report(path, "write {all: […]}, {any: […]}, {not: …} or {field, op, value}")
        return ALWAYS

    def _leaf(self, written: dict[str, Any], path: str) -> Node:
        name, op, value = written["field"], written.get("op", "is"), written.get("value")
        kind = kind_of(name) if isinstance(name, str) else None
        if kind is None:
            self._report(f"{path}.field", f"there is no field {str(name)[:100]!r}")
            return ALWAYS
        if op not in OPS[kind]:
            self._report(f"{path}.op", f"{name} can be compared by: {', '.join(OPS[kind])}")
            return ALWAYS
        fault = _value_fault(kind, Op(op), value)
        if fault:
            self._report(f"{path}.value", fault)
        return Leaf(name, Op(op), value)


def _value_fault(kind: Kind, op: Op, value: Any) -> str | None:
    if op in (Op.IS_EMPTY, Op.IS_NOT_EMPTY):
        return None if value in (None, "") else "this comparison takes no value"
    if op in (Op.IN, Op.NOT_IN):
        good = isinstance(value, list) and 0 < len(value) <= _MAX_VALUES
        return None if good and all(_is_plain(one) for one in value) else "a list of values is needed"
    if kind is Kind.FLAG:
        return None if isinstance(value, bool) else "true or false is needed"
    if kind is Kind.NUMBER:
        return None if _is_number(value) else "a number is needed"
    return None if _is_plain(value) else "a value is needed"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_plain(value: Any) -> bool:
    return (
        _is_number(value)
        or isinstance(value, bool)
        or (isinstance(value, str) and 0 < len(value) <= _MAX_TEXT)
    )


def to_json(node: Node) -> dict[str, Any]:
    """The tree as it is written; `parse` reads the same back."""
    match node:
        case Leaf(name, op, value):
            empty = op in (Op.IS_EMPTY, Op.IS_NOT_EMPTY)
            return {"field": name, "op": str(op)} | ({} if empty else {"value": value})
        case Group(kind, parts):
            return {str(kind): [to_json(part) for part in parts]}
        case Not(part):
            return {"not": to_json(part)}


def holds(node: Node, facts: Facts) -> bool:
    """Whether the conditions hold for these facts; never raises for a tree that was parsed without fault."""
    match node:
        case Leaf():
            return _compare(node, facts.get(node.field))
        case Group("all", parts):
            return all(holds(part, facts) for part in parts)
        case Group(_, parts):
            return any(holds(part, facts) for part in parts)
        case Not(part):
            return not holds(part, facts)


def first_unmet(node: Node, facts: Facts) -> str | None:
    """The place of the first condition that keeps the tree from holding, for people; None if it holds."""
    if holds(node, facts):
        return None
    match node:
        case Leaf(name, op, _):
            return f"{name} {op}"
        case Group("all", parts):
            return next((first_unmet(part, facts) for part in parts if not holds(part, facts)), None)
        case Group(_, parts):
            return first_unmet(parts[0], facts) if parts else "any"
        case Not():
            return "not"


_OPPOSITE = {
    Op.IS_NOT: Op.IS,
    Op.NOT_IN: Op.IN,
    Op.NOT_CONTAINS: Op.CONTAINS,
    Op.IS_NOT_EMPTY: Op.IS_EMPTY,
}


def _compare(leaf: Leaf, fact: Any) -> bool:
    if leaf.op in _OPPOSITE:
        return not _plain(_OPPOSITE[leaf.op], fact, leaf.value)
    return _plain(leaf.op, fact, leaf.value)


def _plain(op: Op, fact: Any, value: Any) -> bool:
    if op is Op.IS_EMPTY:
        return fact is None or fact in ("", [], ())
    if fact is None:
        return False
    if op is Op.IS:
        return _equal(fact, value)
    if op is Op.IN:
        return any(_equal(fact, one) for one in value)
    if op is Op.CONTAINS:
        return _contains(fact, value)
    if op is Op.STARTS_WITH:
        return isinstance(fact, str) and fact.casefold().startswith(str(value).casefold())
    return _ordered(op, fact, value)


def _equal(fact: Any, value: Any) -> bool:
    if isinstance(fact, bool) or isinstance(value, bool):
        return fact is value
    one, other = _as_number(fact), _as_number(value)
    if one is not None and other is not None:
        return one == other
    return _as_text(fact) == _as_text(value)


def _contains(fact: Any, value: Any) -> bool:
    if isinstance(fact, Sequence) and not isinstance(fact, str):
        return any(_equal(one, value) for one in fact)
    return _as_text(value) in _as_text(fact)


def _ordered(op: Op, fact: Any, value: Any) -> bool:
    one, other = _as_number(fact), _as_number(value)
    if one is None or other is None:
        return False
    match op:
        case Op.LT:
            return one < other
        case Op.LTE:
            return one <= other
        case Op.GT:
            return one > other
        case _:
            return one >= other


def _as_number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _as_text(value: Any) -> str:
    return str(value).strip().casefold()
