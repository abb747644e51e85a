"""A company's orders, read from the vendor's own system for those at the desk; honest when it does not answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from chatbot import action_calls, action_runs
from chatbot.action_calls import OutcomeKind
from chatbot.action_openapi import ArgumentsRefusedError, build, operation
from chatbot.action_specs import LANGUAGES, System, resolve
from chatbot.errors import BadActionError
from foundation import ids
from foundation.db import read_session

MOST = 50


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What a system says; `state` tells an empty list from a system that is not there."""

    state: Literal["ok", "unavailable", "not_set_up"]
    system: Mapping[str, str] | None = None  # its name
    orders: tuple[Mapping[str, Any], ...] = ()
    total: int = 0


def orders_of(company: str) -> Orders:
    """The orders of a company, as many as are shown. Call it with no transaction open; it never raises for what
    the system does.
    """
    with read_session() as session:
        asked = next((one for one in action_runs.systems(session) if one.orders is not None), None)
    if asked is None:
        return Orders(state="not_set_up")
    return _ask(asked, company)


def _ask(system: System, company: str) -> Orders:
    name = {lang: system.name[lang] for lang in LANGUAGES}
    assert system.orders is not None
    try:
        called = operation(system, system.orders.operation)
        parameters = resolve(system.orders.parameters, {}, {"company": company}, "")
        request = build(called, parameters, None)
    except (BadActionError, ArgumentsRefusedError):
        return Orders(state="unavailable", system=name)
    outcome = action_calls.call(system, called, request, key=ids.new_id("o"))
    if outcome.kind is OutcomeKind.REFUSED and outcome.status == 404:
        return Orders(state="ok", system=name)  # a company that the system does not know has no orders
    if outcome.kind is not OutcomeKind.DONE:
        return Orders(state="unavailable", system=name)
    found = _listed(outcome.answer)
    return Orders(state="ok", system=name, orders=tuple(found[:MOST]), total=len(found))


def _listed(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The first list of objects in the answer, whatever it is called there."""
    for value in answer.values():
        if isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
            return value
    return []
