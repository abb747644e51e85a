from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundation import clock
from foundation.db import WriteSession, write_session
from foundation.settings import Settings
from tests.ticketing.desk import DESK, MONDAY_10
from ticketing import rule_events
from ticketing.loading import load_desk


@pytest.fixture
def desk(settings: Settings) -> Iterator[None]:
    """The small desk, on a Monday morning at ten, with a clock that stands still."""
    with clock.fixed(MONDAY_10):
        with write_session() as session:
            load_desk(session, DESK)
        yield


@pytest.fixture
def session(desk: None) -> Iterator[WriteSession]:
    with write_session() as made:
        yield made


@pytest.fixture
def rules_at_work(desk: None) -> None:
    """The desk, with rules hearing what happens there."""
    rule_events.subscribe()
