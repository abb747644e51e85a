"""One of several worker processes of the race in `test_dispatch_race`: hands out tickets until nothing waits."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from foundation.settings import Settings, use_settings
from ticketing import jobs as desk_jobs


def work(go: Path) -> None:
    """Wait for the starting shot, then hand out as a worker of the desk does."""
    while not go.exists():
        time.sleep(0.01)
    desk_jobs.hand_out()


if __name__ == "__main__":
    data_dir, url, shot = sys.argv[1:]
    use_settings(Settings(_env_file=None, data_dir=Path(data_dir), database_url=url, embedder="fake:16"))
    work(Path(shot))
