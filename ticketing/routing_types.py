"""How queues and the desk hand out tickets; values that cross the room's door."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from ticketing.types import Channel

_ONE_EACH = {str(channel): 1 for channel in Channel}


@dataclass(frozen=True, kw_only=True)
class DeskRouting:
    """What holds for every queue."""

    # how much of an agent's capacity a ticket takes, by channel; a chat may count for two forms
    weights: dict[str, int] = field(default_factory=lambda: dict(_ONE_EACH))
    # who was given more than `fair_share` tickets within the window comes after the others; None: no limit
    fair_share: int | None = None
    fair_window_minutes: int = 60
    # an agent whose console has not been heard of for so long is not there
    absent_after_s: int = 90

    def weight(self, channel: str) -> int:
        """What a ticket of this channel takes of a capacity; channels nobody weighed take one."""
        return self.weights.get(channel, 1)

    @property
    def fair_window(self) -> timedelta:
        return timedelta(minutes=self.fair_window_minutes)

    @property
    def absent_after(self) -> timedelta:
        return timedelta(seconds=self.absent_after_s)
