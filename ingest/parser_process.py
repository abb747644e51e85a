"""The main program of a parser process: JSON requests in, JSON replies out, until the parent is gone."""

from __future__ import annotations

import gc
import os
import resource
import sys
from contextlib import suppress
from typing import BinaryIO

from ingest import confinement, paging, reader
from ingest.errors import ADVICE, UnreadableFileError
from ingest.sandbox import OUT_OF_MEMORY_EXIT, REPLY, REQUEST, AtPage, Refusal, Reply
from ingest.types import ParseRequest

_GARBAGE = (
    50_000,
    20,
    50,
)  # a file makes very many small objects and next to no cycles, so we seldom look for them
_BASE_MB = 300  # address space of the interpreter and its libraries, before a file is opened


def main() -> None:
    """Answer each line with one line."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not end up among the replies
    limit_memory(int(sys.argv[1]))
    gc.set_threshold(*_GARBAGE)
    confinement.end_with_parent()
    confinement.forbid_network_and_programs()
    for line in sys.stdin.buffer:
        _answer(line, replies)


def limit_memory(memory_mb: int) -> None:
    """Let this process have so much and no more; its recursion is bounded too."""
    room = (memory_mb + _BASE_MB) * 2**20
    for kind, value in ((resource.RLIMIT_AS, room), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # not every platform lets a process limit itself
            resource.setrlimit(kind, (value, value))
    sys.setrecursionlimit(3000)


def _answer(line: bytes, replies: BinaryIO) -> None:
    def turn_to(number: int, count: int) -> None:
        _say(Reply(page=AtPage(number=number, count=count)), replies)

    try:
        request = REQUEST.validate_json(line)
        paging.listen(turn_to, request.left_out)
        _say(_read(request), replies)
    except MemoryError:
        # Memory may be too short even to say so; the exit code says it.
        os._exit(OUT_OF_MEMORY_EXIT)


def _say(reply: Reply, replies: BinaryIO) -> None:
    replies.write(REPLY.dump_json(reply) + b"\n")
    replies.flush()


def _read(request: ParseRequest) -> Reply:
    try:
        return Reply(prepared=reader.read(request))
    except UnreadableFileError as error:
        return Reply(refusal=Refusal(code=error.code, message=error.message))
    except FileNotFoundError:
        return _refused("vanished")
    except PermissionError:
        return _refused("not_permitted")
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a library raises on a hostile file is that file's error
        return _refused("unreadable", f" ({type(error).__name__})")


def _refused(code: str, detail: str = "") -> Reply:
    return Reply(refusal=Refusal(code=code, message=ADVICE[code] + detail))


if __name__ == "__main__":
    main()
