from __future__ import annotations

import pytest

from foundation import events, live
from foundation.db import write_session
from foundation.settings import Settings


def test_news_is_told_after_the_commit_and_never_after_a_rollback(settings: Settings) -> None:
    heard: list[live.Message] = []
    stop = live.listen(["t"], lambda _topic, message: heard.append(message))
    with write_session() as session:
        live.tell_after_commit(session, "t", {"n": 1})
        assert heard == []
    with pytest.raises(ValueError, match="no"), write_session() as session:
        live.tell_after_commit(session, "t", {"n": 2})
        raise ValueError("no")
    stop()
    live.tell("t", {"n": 3})
    assert heard == [{"n": 1}]


def test_one_broken_listener_does_not_silence_the_others(settings: Settings) -> None:
    heard: list[live.Message] = []

    def broken(_topic: str, _message: live.Message) -> None:
        raise RuntimeError("page is gone")

    stops = [live.listen(["t"], broken), live.listen(["t"], lambda _topic, message: heard.append(message))]
    live.tell("t", {"n": 1})
    for stop in stops:
        stop()
    assert heard == [{"n": 1}]


def test_an_event_handler_shares_the_fate_of_its_transaction(settings: Settings) -> None:
    class Happened:
        pass

    def refuse(_session: object, _event: Happened) -> None:
        raise ValueError("no")

    events.subscribe(Happened, refuse)
    events.subscribe(Happened, refuse)
    with pytest.raises(ValueError, match="no"), write_session() as session:
        events.publish(session, Happened())
