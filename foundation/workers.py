"""Who runs jobs: a thread in this process, or RQ workers told through Redis."""

from __future__ import annotations

import threading
import time
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from foundation import jobs
from foundation.logging import get_logger

QUEUE = "jieda"
_JOB_TIMEOUT_S = 6 * 3600  # our heartbeat guards a job's life; RQ's own limit only must not cut it short
_TIDY_EVERY_S = 3600.0
_log = get_logger(__name__)


class _Tidying:
    """Now and then forgets what is done for long."""

    def __init__(self) -> None:
        self._next = 0.0

    def look(self) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _TIDY_EVERY_S
            jobs.forget_finished()


class ThreadWorker:
    """Runs jobs one after another in a thread of this process: the default, with no service to start."""

    def __init__(self, *, poll_s: float = 1.0) -> None:
        self._poll_s = poll_s
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._tidying = _Tidying()
        self._thread = threading.Thread(target=self._run, name="jieda-worker", daemon=True)

    def wake(self, job_id: int) -> None:  # noqa: ARG002 - the thread asks the table, which knows the order
        self._work.set()

    def start(self) -> None:
        """Take over what a dead predecessor left, then wait for work."""
        recovered = jobs.recover_orphans()
        if recovered:
            _log.info("jobs_recovered", count=recovered)
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Finish the running job if it ends in time; otherwise its lease runs out and it is taken over."""
        self._stopping.set()
        self._work.set()
        self._thread.join(timeout_s)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._work.clear()
            try:
                while not self._stopping.is_set() and jobs.run_one():
                    pass
                self._tidying.look()
            except Exception:  # noqa: BLE001 - the thread must outlive a database that is briefly away
                _log.exception("worker_error")
            self._work.wait(self._poll_s)


class RqWaker:
    """Tells RQ workers of due jobs; the message carries the job's id and nothing else."""

    def __init__(self, redis_url: str) -> None:
        self._queue = Queue(QUEUE, connection=Redis.from_url(redis_url), serializer=JSONSerializer)

    def wake(self, job_id: int) -> None:
        """Put the job's id on the queue.

        Raises ConnectionError if Redis is away; the sweep will find the row.
        """
        try:
            self._queue.enqueue(
                "foundation.workers.run_waiting",
                job_id,
                result_ttl=0,
                failure_ttl=60,
                job_timeout=_JOB_TIMEOUT_S,
            )
        except RedisError as error:
            raise ConnectionError(str(error)) from error

    def waiting(self) -> int:
        """How many messages no worker has taken yet."""
        return self._queue.count


def run_waiting(job_id: int) -> None:
    """RQ's entry point: run the row with this id unless another worker has it."""
    jobs.run_one(job_id)


class _Worker(SimpleWorker):
    """RQ worker without a fork per job: model weights and index readers stay warm."""

    death_penalty_class = TimerDeathPenalty


class RqWorker:
    """Runs jobs that come over Redis, and sweeps the table for those whose message was lost."""

    def __init__(self, redis_url: str, *, sweep_s: float = 5.0) -> None:
        self._connection = Redis.from_url(redis_url)
        self._waker = RqWaker(redis_url)
        self._sweep_s = sweep_s
        self._tidying = _Tidying()
        self._stopping = threading.Event()

    def run(self, *, burst: bool = False) -> None:
        """Work until told to stop by a signal, or with `burst` until nothing waits."""
        jobs.recover_orphans()
        self._sweep()
        sweeper = threading.Thread(target=self._sweep_for_ever, name="jieda-sweeper", daemon=True)
        sweeper.start()
        worker: Any = _Worker(
            [Queue(QUEUE, connection=self._connection, serializer=JSONSerializer)],
            connection=self._connection,
            serializer=JSONSerializer,
        )
        try:
            worker.work(burst=burst, logging_level="WARNING")
        finally:
            self._stopping.set()

    def _sweep_for_ever(self) -> None:
        while not self._stopping.wait(self._sweep_s):
            try:
                self._sweep()
                self._tidying.look()
            except Exception:  # noqa: BLE001 - the sweeper must outlive a database that is briefly away
                _log.exception("sweep_error")

    def _sweep(self) -> None:
        # While messages wait every worker is busy, and telling them again would only pile up more.
        if self._waker.waiting():
            return
        for job_id in jobs.due_jobs():
            self._waker.wake(job_id)
