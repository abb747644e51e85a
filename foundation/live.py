"""Live news for open pages: small JSON messages by topic, told after the commit.

A message says that something changed and may carry it, but may also be lost: whoever listens can
always read the truth again from the database. In one process it is a list of listeners; with
`JIEDA_REDIS_URL` it travels over Redis pub/sub to every server.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from foundation.db import WriteSession, after_commit
from foundation.logging import get_logger

Message = dict[str, Any]
Listener = Callable[[str, Message], None]

_CHANNEL = "jieda:live"
_log = get_logger(__name__)


class Bus(Protocol):
    """Carries messages to listeners; a listener is called from any thread and must return at once."""

    def publish(self, topic: str, message: Message) -> None:
        """Hand the message to every listener of the topic, here or elsewhere."""

    def close(self) -> None:
        """Stop carrying."""


class Listeners:
    """The listeners of this process, by topic."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_topic: dict[str, list[Listener]] = {}

    def add(self, topics: Iterable[str], listener: Listener) -> Callable[[], None]:
        topics = tuple(topics)
        with self._lock:
            for topic in topics:
                self._by_topic.setdefault(topic, []).append(listener)

        def remove() -> None:
            with self._lock:
                for topic in topics:
                    left = [known for known in self._by_topic.get(topic, []) if known is not listener]
                    if left:
                        self._by_topic[topic] = left
                    else:
                        self._by_topic.pop(topic, None)

        return remove

    def tell(self, topic: str, message: Message) -> None:
        with self._lock:
            listeners = list(self._by_topic.get(topic, ()))
        for listener in listeners:
            try:
                listener(topic, message)
            except Exception:  # noqa: BLE001 - one broken page must not silence the others
                _log.exception("live_listener_failed", topic=topic)


_listeners = Listeners()


class LocalBus:
    """Carries messages within this process."""

    def publish(self, topic: str, message: Message) -> None:
        _listeners.tell(topic, message)

    def close(self) -> None:
        """Nothing to stop."""


class RedisBus:
    """Carries messages between processes over Redis pub/sub, and reconnects when Redis comes back."""

    def __init__(self, redis_url: str) -> None:
        from redis import Redis  # its import is dear to every command, and most need none

        self._redis = Redis.from_url(redis_url)
        self._stopping = threading.Event()
        self._subscribed = threading.Event()
        self._thread = threading.Thread(target=self._listen_for_ever, name="jieda-live", daemon=True)
        self._thread.start()

    def wait_until_listening(self, timeout_s: float = 5.0) -> bool:
        return self._subscribed.wait(timeout_s)

    def publish(self, topic: str, message: Message) -> None:
        from redis.exceptions import RedisError

        try:
            self._redis.publish(_CHANNEL, json.dumps([topic, message], ensure_ascii=False))
        except RedisError as error:
            _log.warning("live_publish_failed", topic=topic, error=str(error))

    def close(self) -> None:
        self._stopping.set()
        self._thread.join(5.0)
        self._redis.close()

    def _listen_for_ever(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except Exception as error:  # noqa: BLE001 - whatever came over the channel, news must go on
                _log.warning("live_listen_failed", error=f"{type(error).__name__}: {error}")
                self._stopping.wait(1.0)

    def _listen(self) -> None:
        with self._redis.pubsub() as pubsub:  # type: ignore[no-untyped-call]
            pubsub.subscribe(_CHANNEL)
            while not self._stopping.is_set():
                message = pubsub.get_message(timeout=0.5)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    self._subscribed.set()
                elif message["type"] == "message":
                    topic, body = json.loads(message["data"])
                    _listeners.tell(topic, body)


_bus: Bus = LocalBus()


def use_bus(bus: Bus) -> None:
    """Choose how news travels from this process."""
    global _bus  # noqa: PLW0603
    _bus = bus


def listen(topics: Iterable[str], listener: Listener) -> Callable[[], None]:
    """Hear every message of these topics from now on; call the result to stop."""
    return _listeners.add(topics, listener)


def tell(topic: str, message: Message) -> None:
    """Tell everyone who listens to `topic` now; for news that no transaction holds back."""
    _bus.publish(topic, message)


def tell_after_commit(session: WriteSession, topic: str, message: Message) -> None:
    """Tell everyone who listens to `topic` once this transaction is safe."""
    after_commit(session, lambda: _bus.publish(topic, message))
