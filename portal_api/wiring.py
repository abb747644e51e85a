"""Wiring: which handlers hear which events, who runs jobs, how live news travels."""

from __future__ import annotations

from dataclasses import dataclass, field

import chatbot.activity
import chatbot.handlers
from chatbot.belongings import ConversationHolding
from foundation import jobs, live
from foundation.db import write_session
from foundation.settings import Settings
from foundation.workers import RqWaker, ThreadWorker
from portal_api import sample_systems
from ticketing import dispatch_events, merging, rule_events, rule_sweeps, rule_times
from ticketing import jobs as desk_jobs


@dataclass
class Running:
    """What this process started and must stop."""

    worker: ThreadWorker | None = None
    buses: list[live.Bus] = field(default_factory=list)
    sample: sample_systems.SampleSystem | None = None

    def stop(self) -> None:
        """Stop the worker and the bus; running jobs are taken over by whoever comes next."""
        if self.worker is not None:
            self.worker.stop()
        jobs.set_waker(None)
        for bus in self.buses:
            bus.close()
        live.use_bus(live.LocalBus())
        if self.sample is not None:
            self.sample.stop()


def subscribe_handlers() -> None:
    """Connect the rooms: news of lower rooms to the handlers of higher ones."""
    chatbot.handlers.subscribe()
    rule_events.subscribe()
    dispatch_events.subscribe()
    rule_times.add_activity(chatbot.activity.heard)
    merging.add_holding(ConversationHolding())


def connect(settings: Settings) -> Running:
    """Connect this process to the others without running jobs itself: for commands and workers."""
    subscribe_handlers()
    running = Running()
    if settings.redis_url:
        jobs.set_waker(RqWaker(settings.redis_url))
        bus = live.RedisBus(settings.redis_url)
        live.use_bus(bus)
        running.buses.append(bus)
    return running


def start(settings: Settings) -> Running:
    """Connect, and run jobs in a thread of this process unless workers do it over Redis."""
    running = connect(settings)
    running.sample = sample_systems.start_if_loaded(settings)
    _start_sweeps()
    if not settings.redis_url:
        running.worker = ThreadWorker()
        jobs.set_waker(running.worker)
        running.worker.start()
    desk_jobs.sweep_clocks()  # whatever was due while nobody was there, also where its job was lost
    return running


def _start_sweeps() -> None:
    """Begin the looks of rules about time and of the desk, in case their chain of jobs was broken."""
    with write_session() as session:
        rule_sweeps.start_all(session)
        dispatch_events.keep_sweeping(session)
        dispatch_events.keep_looking_for_silence(session)
