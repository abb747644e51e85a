"""Where the `jieda` command begins: settle the process before numpy is loaded, then run the command line."""

from __future__ import annotations

import os


def main() -> None:
    """Run the command line with one BLAS thread: our matrices are small, and waking threads costs more."""
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    from portal_api import cli

    cli.main()
