"""Parser processes: each file is read in a child with a time and a memory limit.

A hostile file costs its own row and one process, never the job; where a parser counts pages, a hostile page
costs that page. Parent and child speak JSON lines over pipes, so nothing a broken parser writes is ever executed
here. A child serves many files and ends when its parent does.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ingest.errors import ADVICE, UnreadableFileError
from ingest.types import ParseRequest, Prepared

PROGRAM = (sys.executable, "-m", "ingest.parser_process")
FILES_PER_PROCESS = 500  # then a fresh one: libraries leak
FULL = 16  # pages or so that a process has in hand before it gets no more
_WORTH_A_PROCESS = 8  # so many in hand are worth the start of another process
PAGES_PER_RANGE = 50  # of a long file; each range has the whole time limit
MAX_REPLY_BYTES = 256 * 2**20  # what a parser may answer: a broken one must not fill this process
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TZ")
_GRACE_S = 5.0
OUT_OF_MEMORY_EXIT = 86


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a file could not be read."""

    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class AtPage:
    """The page a parser turns to, from 1, and how many there are."""

    number: int
    count: int


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a parser process says: any number of pages, then a file or why there is none."""

    page: AtPage | None = None
    prepared: Prepared | None = None
    refusal: Refusal | None = None


REQUEST = TypeAdapter(ParseRequest)
REPLY = TypeAdapter(Reply)


@dataclass(frozen=True)
class Outcome:
    """The end of one file: articles, or the error to record."""

    key: Any
    prepared: Prepared | None
    error: UnreadableFileError | None
    seconds: float
    page: AtPage | None = None  # the last one it turned to


class ParserPool:
    """Up to `workers` parser processes, started when first needed; use as a context manager.

    A process may be given several small files, which it reads in their order: the next one is at hand when it is
    through, and no start of a process is paid for a page. What was behind a file that broke it is read by another.
    """

    def __init__(self, *, workers: int, timeout_s: float, memory_mb: int) -> None:
        self._workers, self._timeout_s, self._memory_mb = workers, timeout_s, memory_mb
        self._children: dict[int, _Child] = {}
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(self, *_error: object) -> None:
        for child in self._children.values():
            child.end()
        self._selector.close()

    @property
    def has_room(self) -> bool:
        """Whether `submit` may be called now."""
        return len(self._children) < self._workers or any(
            child.load < FULL and child.is_usable for child in self._children.values()
        )

    @property
    def is_busy(self) -> bool:
        return any(child.load for child in self._children.values())

    def submit(self, key: Any, request: ParseRequest, *, load: int = FULL) -> None:
        """Start reading a file; its outcome carries `key`. `load` is about how many pages it has."""
        self._give(_Task(key, request, max(1, min(load, FULL))))

    def pages(self) -> Iterator[tuple[Any, AtPage]]:
        """The key of each file being read and the page its parser is at, for those that have pages."""
        for child in self._children.values():
            if child.page is not None and child.tasks:
                yield child.tasks[0].key, child.page

    def drop(self, wanted: Callable[[Any], bool]) -> None:
        """Stop reading the files whose key is not wanted any more; they have no outcome."""
        for child in list(self._children.values()):
            for task in child.tasks:
                task.is_dropped = task.is_dropped or not wanted(task.key)
            if child.tasks and child.tasks[0].is_dropped:
                child.kill()
                self._replace(child)

    def outcomes(self, wait_s: float) -> list[Outcome]:
        """What has ended within `wait_s` seconds, returning at once when something has."""
        ended: list[Outcome] = []
        busy = [child for child in self._children.values() if child.tasks]
        nearest = min((child.deadline for child in busy), default=0.0) - time.monotonic()
        for ready, _mask in self._selector.select(max(0.0, min(wait_s, nearest))):
            child = self._children[ready.fd]
            for reply in child.receive():
                ended += self._finish(child, reply)
            if not child.is_usable:
                self._replace(child)
        now = time.monotonic()
        for child in [late for late in self._children.values() if late.tasks and late.deadline <= now]:
            child.kill()
            ended += self._finish(child, Reply(refusal=_refusal("timeout")))
            self._replace(child)
        return ended

    def _give(self, task: _Task) -> None:
        least = min(
            (child for child in self._children.values() if child.is_usable),
            key=lambda child: child.load,
            default=None,
        )
        is_worth_a_process = least is None or least.load + task.load > _WORTH_A_PROCESS
        if least is None or (least.load and is_worth_a_process and len(self._children) < self._workers):
            least = _Child(self._memory_mb, self._timeout_s)
            self._children[least.fileno()] = least
            self._selector.register(least.fileno(), selectors.EVENT_READ)
        least.start(task)

    def _replace(self, child: _Child) -> None:
        """End a process that is broken or through; what still waits in it is given to others."""
        if child.tasks and not child.is_broken:
            return
        self._selector.unregister(child.fileno())
        del self._children[child.fileno()]
        child.end()
        for task in child.tasks:
            if not task.is_dropped:
                self._give(task)

    @staticmethod
    def _finish(child: _Child, reply: Reply) -> Iterator[Outcome]:
        page, began = child.page, child.began
        task = child.next()
        if task is None or task.is_dropped:
            return
        refused = reply.refusal
        error = UnreadableFileError(refused.code) if refused else None
        if error is not None and refused is not None:
            error.message = refused.message
        yield Outcome(task.key, reply.prepared, error, time.monotonic() - began, page)


@dataclass
class _Task:
    """A file a process was given."""

    key: Any
    request: ParseRequest
    load: int
    is_dropped: bool = False


def _refusal(code: str) -> Refusal:
    return Refusal(code=code, message=ADVICE[code])


def child_environment() -> dict[str, str]:
    """The environment of a process that reads files of strangers: no password or key of ours reaches it."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed_on, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}


class _Child:
    """One parser process and the files it has in hand, the one it reads first."""

    def __init__(self, memory_mb: int, timeout_s: float) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own program, nothing from outside in the arguments
            [*PROGRAM, str(memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
            start_new_session=True,  # Ctrl-C in the terminal is for the parent, which then ends its children
        )
        self._timeout_s = timeout_s
        self._pieces: list[bytes] = []  # of a line that has not ended
        self._held = self._served = 0
        self.is_broken = False
        self.tasks: deque[_Task] = deque()
        self.page: AtPage | None = None
        self.began = self.deadline = 0.0

    def fileno(self) -> int:
        stdout: Any = self._process.stdout
        return int(stdout.fileno())

    @property
    def load(self) -> int:
        return sum(task.load for task in self.tasks)

    @property
    def is_usable(self) -> bool:
        """Whether it may be given one more file."""
        return not self.is_broken and self._served < FILES_PER_PROCESS and self._process.poll() is None

    def start(self, task: _Task) -> None:
        self.tasks.append(task)
        self._served += 1
        if len(self.tasks) == 1:
            self._begin()
        stdin: Any = self._process.stdin
        try:
            stdin.write(REQUEST.dump_json(task.request) + b"\n")
            stdin.flush()
        except BrokenPipeError:
            return  # noticed as end of file by `receive`

    def _begin(self) -> None:
        self.page, self.began = None, time.monotonic()
        self.deadline = self.began + self._timeout_s

    def next(self) -> _Task | None:
        """Put the first file aside, as it has ended, and turn to the one behind it."""
        task = self.tasks.popleft() if self.tasks else None
        self._begin()
        return task

    def receive(self) -> Iterator[Reply]:
        """The answers that are complete; a process that is gone answers with why."""
        piece = os.read(self.fileno(), 1 << 20)
        if not piece:
            self.is_broken = True
            yield Reply(refusal=_refusal("out_of_memory" if self._died_of_memory() else "parser_crashed"))
            return
        self._pieces.append(piece)
        self._held += len(piece)
        if self._held > MAX_REPLY_BYTES:
            self.kill()
            yield Reply(refusal=_refusal("too_large"))
        elif b"\n" in piece:
            *lines, rest = b"".join(self._pieces).split(b"\n")
            self._pieces, self._held = [rest], len(rest)
            yield from self._take(lines)

    def _take(self, lines: list[bytes]) -> Iterator[Reply]:
        try:
            for line in lines:
                reply = REPLY.validate_json(line)
                if reply.page is None:
                    yield reply
                else:
                    self._turn_to(reply.page)
        except ValidationError:
            self.kill()
            yield Reply(refusal=_refusal("parser_crashed"))

    def _turn_to(self, page: AtPage) -> None:
        if page.number % PAGES_PER_RANGE == 1:
            self.deadline = time.monotonic() + self._timeout_s
        self.page = page

    def _died_of_memory(self) -> bool:
        try:
            return self._process.wait(_GRACE_S) == OUT_OF_MEMORY_EXIT
        except subprocess.TimeoutExpired:
            return False

    def kill(self) -> None:
        self.is_broken = True
        self._process.kill()

    def end(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        self._process.kill()
        self._process.wait()
