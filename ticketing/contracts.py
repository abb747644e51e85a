"""A company's contract: its value and dates in one form, beside whatever else a vendor keeps of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from ticketing.errors_directory import BadContractError

_DATES = ("starts_on", "ends_on")


def read(written: Mapping[str, Any]) -> dict[str, Any]:
    """The contract as it is stored. `value` is a number, `currency` a code of three letters, `starts_on` and
    `ends_on` are days; other keys stay as they are. Raises BadContractError.
    """
    found = {str(key): value for key, value in written.items() if value not in (None, "")}
    if "value" in found:
        found["value"] = _amount(found["value"])
    if "currency" in found:
        found["currency"] = _currency(found["currency"])
    for name in _DATES:
        if name in found:
            found[name] = _day(name, found[name]).isoformat()
    if all(name in found for name in _DATES) and found["starts_on"] > found["ends_on"]:
        raise BadContractError("ends_on", "a contract ends after it starts")
    return found


def _amount(value: Any) -> float | int:
    try:
        amount = float(str(value).replace(",", "").strip()) if not isinstance(value, bool) else math.nan
    except ValueError:
        amount = math.nan
    if not math.isfinite(amount) or amount < 0:
        raise BadContractError("value", "a number that is not negative is needed")
    return int(amount) if amount.is_integer() else amount


def _currency(value: Any) -> str:
    code = str(value).strip().upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise BadContractError("currency", "a code of three letters is needed, such as CNY")
    return code


def _day(name: str, value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip().replace("/", "-"))
    except ValueError as error:
        raise BadContractError(name, "a day is needed, such as 2026-12-31") from error


def days_left(contract: Mapping[str, Any], today: date) -> int | None:
    """Days until the contract ends, negative after it; None where no end is known."""
    try:
        return (date.fromisoformat(str(contract["ends_on"])) - today).days
    except (KeyError, ValueError):
        return None
