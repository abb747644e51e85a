"""How often one visitor may speak: sockets and requests count together."""

from __future__ import annotations

from functools import lru_cache

from foundation.access import Viewer
from foundation.settings import get_settings
from portal_api.errors import TooManyAttemptsError, TooManyTurnsError
from portal_api.middleware import RateLimit


@lru_cache(maxsize=4)
def _limit(per_minute: int) -> RateLimit:
    return RateLimit(per_minute)


def check(viewer: Viewer, conversation_id: str) -> None:
    """Count one thing a visitor says or asks for: by person where they have signed in, else by conversation.

    Raises TooManyTurnsError. Staff are not limited.
    """
    if viewer.is_staff:
        return
    name = f"person:{viewer.person_id}" if viewer.person_id is not None else f"conversation:{conversation_id}"
    try:
        _limit(get_settings().web.turns_per_minute).check(name)
    except TooManyAttemptsError as error:
        raise TooManyTurnsError(error.retry_after_s) from error


def forget() -> None:
    """Forget who has said how much; for tests."""
    _limit.cache_clear()
