"""Events: news that travels upward between rooms, inside the transaction that made it.

Calls go down the house as plain functions. When a lower room must tell a higher one, it publishes a
past-tense dataclass; the front hall has subscribed the handlers. A handler runs in the publisher's
transaction, so it is done or undone with it; slow effects are enqueued as jobs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from foundation.db import WriteSession

_Event = TypeVar("_Event")
_handlers: defaultdict[type, list[Callable[[WriteSession, Any], None]]] = defaultdict(list)


def subscribe(kind: type[_Event], handler: Callable[[WriteSession, _Event], None]) -> None:
    """Call `handler` for each event of exactly this kind; subscribing twice is the same as once."""
    if handler not in _handlers[kind]:
        _handlers[kind].append(handler)


def publish(session: WriteSession, event: object) -> None:
    """Run the handlers of this event now, in this transaction; an error in one undoes all of it."""
    for handler in list(_handlers[type(event)]):
        handler(session, event)


def unsubscribe_all() -> None:
    """Forget every handler; for tests."""
    _handlers.clear()
