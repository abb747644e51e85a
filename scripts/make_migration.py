"""Write a migration from the difference between the newest schema and today's tables.

Run as `python scripts/make_migration.py "what changes"`; read and edit the result before committing it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from foundation.settings import Settings, use_settings
from portal_api import database


def main(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        use_settings(Settings(data_dir=Path(folder), database_url=""))
        if database.wanted_revision():
            database.upgrade()
        made = create_engine(f"sqlite:///{folder}/jieda.db")
        with made.connect() as connection:
            command.revision(database.alembic_config(connection), message=message, autogenerate=True)


if __name__ == "__main__":
    main(sys.argv[1])
