"""What asks for handing out tickets: a ticket that waits, an agent who comes in or gets room.

The job is asked for after the commit and only if none waits already, so that a busy desk does not queue one for
each change: a job that has not begun yet will see what was just committed. Where the asking is lost with its
process, the sweep asks again.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import exists, select

from foundation import clock, events
from foundation.db import ReadSession, WriteSession, after_commit, read_session, write_session
from foundation.jobs import enqueue_after_commit, run_times
from ticketing import dispatch
from ticketing.events import AgentCameIn, HistoryAdded
from ticketing.tables import QueueTable

_JOB = "ticketing.jobs.hand_out"
_SWEEP = "ticketing.jobs.sweep_desk"
_SILENCE = "ticketing.jobs.sweep_silence"
SWEEP_EVERY = timedelta(seconds=30)
SILENCE_EVERY = timedelta(hours=1)
_ASKED = "jieda_hand_out_asked"
# A ticket comes, comes back, is given back, moves to another queue; an agent's ticket is done, waits or is passed on.
_REASONS = frozenset({"opened", "state_changed", "assigned", "queue_changed", "tier_changed"})


def subscribe() -> None:
    """Hear what lets tickets and agents wait for each other; calling it again changes nothing."""
    events.subscribe(HistoryAdded, _on_history)
    events.subscribe(AgentCameIn, _on_agent)


def _on_history(session: WriteSession, event: HistoryAdded) -> None:
    if event.event in _REASONS and not dispatch.is_handing_out(session):
        ask(session)


def _on_agent(session: WriteSession, _event: AgentCameIn) -> None:
    ask(session)


def ask(session: WriteSession) -> None:
    """Have waiting tickets handed out after this transaction; asked several times in one, once."""
    # a savepoint that is rolled back takes what was asked in it along
    here = session.get_nested_transaction() or session.get_transaction()
    if session.info.get(_ASKED) is here:
        return
    session.info[_ASKED] = here
    after_commit(session, _enqueue_if_needed)


def _enqueue_if_needed() -> None:
    with read_session() as session:
        if not _is_automatic(session) or any(at <= clock.now() for at in run_times(session, _JOB)):
            return
    with write_session() as session:
        enqueue_after_commit(session, _JOB)


def _is_automatic(session: ReadSession) -> bool:
    return bool(session.scalar(select(exists().where(QueueTable.is_automatic))))


def look_again(session: WriteSession) -> None:
    """Have tickets handed out at the moment when more agents may take one of those that wait."""
    at = dispatch.next_change_at(session)
    if at is not None and not any(clock.now() < run <= at for run in run_times(session, _JOB)):
        enqueue_after_commit(session, _JOB, delay=max(timedelta(0), at - clock.now()))


def keep_sweeping(session: WriteSession) -> None:
    """Have the desk swept in a while, unless it will be: one chain of jobs, however many servers start."""
    _keep(session, _SWEEP, SWEEP_EVERY)


def keep_looking_for_silence(session: WriteSession) -> None:
    """The same for customers who fall silent."""
    _keep(session, _SILENCE, SILENCE_EVERY)


def _keep(session: WriteSession, job: str, every: timedelta) -> None:
    if not run_times(session, job):
        enqueue_after_commit(session, job, delay=every)
