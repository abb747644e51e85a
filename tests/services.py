"""Services a test may need; absent they skip it, unless the run says that nothing may skip."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
import redis


def redis_url() -> str:
    """The address of a running Redis, database 9; skips the test if there is none."""
    url = os.environ.get("JIEDA_TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
    try:
        redis.Redis.from_url(url, socket_timeout=2).ping()
    except redis.exceptions.RedisError as error:
        absent(f"no Redis at {url}: {error}")
    return url


def absent(reason: str) -> NoReturn:
    """Skip the test for this reason, or fail it where everything must be there."""
    if os.environ.get("JIEDA_REQUIRE_SERVICES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def milvus() -> Iterator[str]:
    """The address of a Milvus server of our own, Milvus Lite over the wire; skips the test if it is not installed."""
    if importlib.util.find_spec("milvus_lite") is None or importlib.util.find_spec("pymilvus") is None:
        absent("Milvus Lite is not installed")
    with tempfile.TemporaryDirectory(prefix="jieda-milvus-") as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.milvus_server", folder],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdin is not None and process.stdout is not None
        try:
            port = process.stdout.readline().strip()
            assert port, "Milvus Lite ended before it listened"
            yield f"http://127.0.0.1:{int(port)}"
        finally:
            process.stdin.close()
            process.stdout.close()
            process.wait(60)
