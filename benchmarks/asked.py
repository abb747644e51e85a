"""Processes that answer questions over a pipe and say what each answer cost them.

Every system stands in a process of its own, so its memory is its own, and one run can ask all of them the same
question in turn: a busy moment of the machine hits all alike. What counts is the processor time of the process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ALONE = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}

Answer = Callable[[str], object]


class Cost(NamedTuple):
    """What one answer cost, in milliseconds."""

    wall: float
    cpu: float


class Asked:
    """A running process; ask it, and close it."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        python: str = sys.executable,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._process = subprocess.Popen(
            [python, "-m", module, *arguments],
            env={**os.environ, **ALONE, **(settings or {})},
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ready: dict[str, Any] = self._line()

    def cost(self, name: str, question: str) -> Cost:
        """Ask the system `name`."""
        return Cost(**self._ask({"name": name, "questions": [question]})["costs"][0])

    def all_of(self, name: str, questions: Sequence[str]) -> None:
        """Begin with many questions; `finish` waits for the answers."""
        self._send({"name": name, "questions": list(questions)})

    def finish(self) -> list[Cost]:
        return [Cost(**cost) for cost in self._line()["costs"]]

    def memory(self) -> dict[str, int]:
        """Resident memory in MB, now and at its peak."""
        found: dict[str, int] = self._ask({"memory": True})
        return found

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        self._send(message)
        return self._line()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args} ended with {self._process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found


def answer(systems: Mapping[str, Answer], ready: Mapping[str, Any]) -> None:
    """Be such a process: say `ready`, then answer until nobody asks any more."""
    _say(dict(ready))
    for line in sys.stdin:
        message = json.loads(line)
        if "memory" in message:
            _say(_memory())
        else:
            _say({"costs": [_cost(systems[message["name"]], one)._asdict() for one in message["questions"]]})


def _cost(system: Answer, question: str) -> Cost:
    began, began_cpu = time.perf_counter(), time.process_time()
    system(question)
    return Cost((time.perf_counter() - began) * 1000, (time.process_time() - began_cpu) * 1000)


def _memory() -> dict[str, int]:
    status = Path("/proc/self/status")
    lines = status.read_text("utf-8").splitlines() if status.exists() else []
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith("Vm")}
    return {"rss_mb": kilobytes.get("VmRSS", 0) // 1024, "peak_rss_mb": kilobytes.get("VmHWM", 0) // 1024}


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
