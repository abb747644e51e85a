from __future__ import annotations

import time
from pathlib import Path

import pytest
from redis import Redis

from foundation import jobs, live
from foundation.db import write_session
from foundation.settings import Settings
from foundation.workers import RqWaker, RqWorker
from tests.services import redis_url

pytestmark = pytest.mark.services


@pytest.fixture
def redis() -> str:
    url = redis_url()
    Redis.from_url(url).flushdb()
    return url


def test_an_rq_worker_runs_a_job_once_however_often_it_is_told(
    settings: Settings, tmp_path: Path, redis: str
) -> None:
    log = tmp_path / "log"
    waker = RqWaker(redis)
    jobs.set_waker(waker)
    with write_session() as session:
        job_id = jobs.enqueue_after_commit(session, "tests.foundation.jobs.append", path=str(log), text="ran")
    waker.wake(job_id)
    waker.wake(job_id)
    RqWorker(redis).run(burst=True)
    assert log.read_text() == "ran\n"


def test_a_job_whose_message_was_lost_is_found_by_the_sweep(
    settings: Settings, tmp_path: Path, redis: str
) -> None:
    log = tmp_path / "log"
    with write_session() as session:
        jobs.enqueue_after_commit(session, "tests.foundation.jobs.append", path=str(log), text="ran")
    RqWorker(redis).run(burst=True)
    assert log.read_text() == "ran\n"


def test_live_news_crosses_processes_over_redis(settings: Settings, redis: str) -> None:
    here, there = live.RedisBus(redis), live.RedisBus(redis)
    heard: list[live.Message] = []
    stop = live.listen(["tickets"], lambda _topic, message: heard.append(message))
    try:
        assert here.wait_until_listening()
        assert there.wait_until_listening()
        there.publish("tickets", {"text": "新工单"})
        there.publish("elsewhere", {"text": "no"})
        deadline = time.monotonic() + 5
        while len(heard) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        stop()
        here.close()
        there.close()
    # both buses of this process told its listeners
    assert heard == [{"text": "新工单"}, {"text": "新工单"}]


def test_sweeping_does_not_pile_up_messages_while_workers_are_busy(settings: Settings, redis: str) -> None:
    with write_session() as session:
        for _ in range(3):
            jobs.enqueue_after_commit(session, "tests.foundation.jobs.note")
    busy = RqWorker(redis)
    for _ in range(5):
        busy._sweep()
    assert RqWaker(redis).waiting() == 3
