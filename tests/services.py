"""Services a test may need; absent they skip it, unless the run says that nothing may skip."""

from __future__ import annotations

import os
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
