"""One of several worker processes of the race in `test_dispatch_race`: hands out tickets until nothing waits."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from foundation.db import retrying, write_session
from foundation.settings import Settings, use_settings
from ticketing import dispatch


def work(go: Path) -> int:
    """Wait for the starting shot, then hand out; how many this worker gave."""
    while not go.exists():
        time.sleep(0.01)
    given = 0
    while found := retrying(_pass):
        given += found
    return given


def _pass() -> int:
    with write_session() as session:
        return len(dispatch.hand_out(session))


if __name__ == "__main__":
    data_dir, url, shot = sys.argv[1:]
    use_settings(Settings(_env_file=None, data_dir=Path(data_dir), database_url=url, embedder="fake:16"))
    print(work(Path(shot)))  # noqa: T201 - read by the test
