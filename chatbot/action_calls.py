"""Calling a vendor's system: where to, within which time, and what came of it.

The address comes from the settings or the system's YAML and never from what anybody writes; redirects are
not followed and proxies of the environment are not used, so a call cannot be led elsewhere.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import httpx

from chatbot.action_openapi import Operation, ReadyRequest, answer_fits
from chatbot.action_specs import System
from foundation.logging import get_logger
from foundation.settings import get_settings

_MAX_ANSWER_BYTES: Final = 256 * 1024
_PAUSE_S: Final = 0.2
_TRY_AGAIN: Final = frozenset({502, 503, 504})
_log = get_logger(__name__)


class OutcomeKind(StrEnum):
    """What came of a call."""

    DONE = "done"
    REFUSED = "refused"  # the system understood and said no
    NOT_DONE = "not_done"  # nothing was changed
    UNKNOWN = "unknown"  # it may have been done


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a call; `status` is None where no answer came."""

    kind: OutcomeKind
    status: int | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


def base_url(system: System) -> str | None:
    """Where the system is: the setting wins over its YAML; None if neither says."""
    return get_settings().chatbot.system_urls.get(system.slug) or system.base_url


def call(system: System, called: Operation, request: ReadyRequest, *, key: str) -> Outcome:
    """Make the call, within the system's time, and say what came of it; never raises for what the system does.

    `key` goes along as Idempotency-Key, so that a repetition after a lost answer is done once. A system that
    is briefly away is asked once more while there is time.
    """
    url = base_url(system)
    if url is None:
        return Outcome(kind=OutcomeKind.NOT_DONE, reason="the system has no address")
    deadline = time.monotonic() + system.timeout_s
    outcome = _try(system, called, request, url, key, deadline)
    if _is_worth_another_try(outcome) and deadline - time.monotonic() > 2 * _PAUSE_S:
        time.sleep(_PAUSE_S)
        outcome = _try(system, called, request, url, key, deadline)
    if outcome.kind is not OutcomeKind.DONE:
        _log.warning(
            "action_call_failed",
            system=system.slug,
            path=called.path,
            status=outcome.status,
            reason=outcome.reason,
        )
    return outcome


def _is_worth_another_try(outcome: Outcome) -> bool:
    if outcome.kind is OutcomeKind.REFUSED or outcome.kind is OutcomeKind.DONE:
        return False
    return outcome.status in _TRY_AGAIN or outcome.reason == "no connection"


def _try(
    system: System, called: Operation, request: ReadyRequest, url: str, key: str, deadline: float
) -> Outcome:
    missed = OutcomeKind.UNKNOWN if request.changes else OutcomeKind.NOT_DONE
    try:
        status, body = _send(system, request, url, key, deadline)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL):
        return Outcome(kind=OutcomeKind.NOT_DONE, reason="no connection")
    except (httpx.HTTPError, _AnswerTooLargeError, TimeoutError) as error:
        return Outcome(kind=missed, reason=type(error).__name__)
    return _read(called, status, body, missed)


class _AnswerTooLargeError(Exception):
    """More than any answer of an action may be."""


def _send(system: System, request: ReadyRequest, url: str, key: str, deadline: float) -> tuple[int, bytes]:
    """Send and read the whole answer. A system that drips bytes is stopped at the deadline too."""
    left = max(0.05, deadline - time.monotonic())
    token = get_settings().chatbot.system_tokens.get(system.slug)
    headers = {**request.headers, "Idempotency-Key": key, "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    with (
        httpx.Client(timeout=left, follow_redirects=False, trust_env=False) as client,
        client.stream(
            request.method,
            url.rstrip("/") + request.path,
            params=dict(request.query) or None,
            headers=headers,
            json=request.body,
        ) as answer,
    ):
        body = b""
        for part in answer.iter_bytes():
            body += part
            if len(body) > _MAX_ANSWER_BYTES:
                raise _AnswerTooLargeError
            if time.monotonic() > deadline:
                raise TimeoutError
        return answer.status_code, body


def _read(called: Operation, status: int, body: bytes, missed: OutcomeKind) -> Outcome:
    try:
        answer = json.loads(body) if body.strip() else {}
    except ValueError:
        answer = None
    if 200 <= status < 300:
        if not isinstance(answer, dict) or not answer_fits(called, status, answer):
            return Outcome(kind=missed, status=status, reason="the answer is not what the document describes")
        return Outcome(kind=OutcomeKind.DONE, status=status, answer=answer)
    if 400 <= status < 500 and status not in {401, 403, 408, 429}:
        return Outcome(
            kind=OutcomeKind.REFUSED, status=status, answer=answer if isinstance(answer, dict) else {}
        )
    # 401 and 403 say that our credentials are wrong, 429 and 503 that it was not even begun.
    kind = OutcomeKind.NOT_DONE if status in {401, 403, 429, 503} or status < 400 else missed
    return Outcome(kind=kind, status=status, reason=f"status {status}")
