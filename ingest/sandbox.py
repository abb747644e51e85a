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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ingest.errors import ADVICE, UnreadableFileError
from ingest.types import ParseRequest, Prepared

PROGRAM = (sys.executable, "-m", "ingest.parser_process")
FILES_PER_PROCESS = 500  # then a fresh one: libraries leak
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
    """Up to `workers` parser processes, started when first needed; use as a context manager."""

    def __init__(self, *, workers: int, timeout_s: float, memory_mb: int) -> None:
        self._timeout_s, self._memory_mb = timeout_s, memory_mb
        self._idle: list[_Child] = []
        self._busy: dict[int, _Child] = {}
        self._free_slots = workers
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(self, *_error: object) -> None:
        for child in [*self._idle, *self._busy.values()]:
            child.end()
        self._selector.close()

    @property
    def has_room(self) -> bool:
        """Whether `submit` may be called now."""
        return len(self._busy) < self._free_slots

    @property
    def is_busy(self) -> bool:
        return bool(self._busy)

    def submit(self, key: Any, request: ParseRequest) -> None:
        """Start reading a file; its outcome carries `key`."""
        child = self._idle.pop() if self._idle else _Child(self._memory_mb)
        child.start(key, request, timeout_s=self._timeout_s)
        self._busy[child.fileno()] = child
        self._selector.register(child.fileno(), selectors.EVENT_READ)

    def pages(self) -> Iterator[tuple[Any, AtPage]]:
        """The key of each file being read and the page its parser is at, for those that have pages."""
        for child in self._busy.values():
            if child.page is not None:
                yield child.key, child.page

    def drop(self, wanted: Callable[[Any], bool]) -> None:
        """Stop reading the files whose key is not wanted any more; they have no outcome."""
        for child in [one for one in self._busy.values() if not wanted(one.key)]:
            child.kill()
            self._release(child)

    def outcomes(self, wait_s: float) -> Iterator[Outcome]:
        """What has ended within `wait_s` seconds, returning at once when something has."""
        nearest = min((child.deadline for child in self._busy.values()), default=0.0) - time.monotonic()
        for ready, _mask in self._selector.select(max(0.0, min(wait_s, nearest))):
            child = self._busy[ready.fd]
            reply = child.receive()
            if reply is not None:
                yield self._finish(child, reply)
        now = time.monotonic()
        for child in [late for late in self._busy.values() if late.deadline <= now]:
            child.kill()
            yield self._finish(child, Reply(refusal=_refusal("timeout")))

    def _release(self, child: _Child) -> None:
        self._selector.unregister(child.fileno())
        del self._busy[child.fileno()]
        if child.is_usable:
            self._idle.append(child)
        else:
            child.end()

    def _finish(self, child: _Child, reply: Reply) -> Outcome:
        self._release(child)
        refused = reply.refusal
        error = UnreadableFileError(refused.code) if refused else None
        if error is not None and refused is not None:
            error.message = refused.message
        return Outcome(child.key, reply.prepared, error, time.monotonic() - child.started, child.page)


def _refusal(code: str) -> Refusal:
    return Refusal(code=code, message=ADVICE[code])


def child_environment() -> dict[str, str]:
    """The environment of a process that reads files of strangers: no password or key of ours reaches it."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed_on, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}


class _Child:
    """One parser process and the file it has in hand."""

    def __init__(self, memory_mb: int) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own program, nothing from outside in the arguments
            [*PROGRAM, str(memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
            start_new_session=True,  # Ctrl-C in the terminal is for the parent, which then ends its children
        )
        self._buffer = bytearray()
        self._served = 0
        self._is_broken = False
        self.key: Any = None
        self.page: AtPage | None = None
        self.started = self.deadline = self._timeout_s = 0.0

    def fileno(self) -> int:
        stdout: Any = self._process.stdout
        return int(stdout.fileno())

    @property
    def is_usable(self) -> bool:
        return not self._is_broken and self._served < FILES_PER_PROCESS and self._process.poll() is None

    def start(self, key: Any, request: ParseRequest, *, timeout_s: float) -> None:
        self.key, self.page, self.started = key, None, time.monotonic()
        self._timeout_s, self.deadline = timeout_s, self.started + timeout_s
        self._served += 1
        stdin: Any = self._process.stdin
        try:
            stdin.write(REQUEST.dump_json(request) + b"\n")
            stdin.flush()
        except BrokenPipeError:
            self._is_broken = True  # noticed as end of file by `receive`

    def receive(self) -> Reply | None:
        """The answer once it is complete; a process that is gone answers with why."""
        piece = os.read(self.fileno(), 1 << 20)
        if not piece:
            self._is_broken = True
            return Reply(refusal=_refusal("out_of_memory" if self._died_of_memory() else "parser_crashed"))
        self._buffer += piece
        if len(self._buffer) > MAX_REPLY_BYTES:
            self.kill()
            return Reply(refusal=_refusal("too_large"))
        if not piece.count(b"\n"):
            return None
        *lines, rest = bytes(self._buffer).split(b"\n")
        self._buffer = bytearray(rest)
        return self._take(lines)

    def _take(self, lines: list[bytes]) -> Reply | None:
        try:
            for line in lines:
                reply = REPLY.validate_json(line)
                if reply.page is None:
                    return reply
                self._turn_to(reply.page)
        except ValidationError:
            self.kill()
            return Reply(refusal=_refusal("parser_crashed"))
        return None

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
        self._is_broken = True
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
