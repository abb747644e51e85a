"""Alembic's entry: runs the migrations on the connection the caller opened."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from foundation.db import UtcDateTime
from portal_api.migrations.metadata import is_compared, metadata


def _render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    # A migration must say what it did even when our column types change later.
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    render_as_batch=True,
    compare_type=False,
    render_item=_render_item,
    include_object=is_compared,
)
with context.begin_transaction():
    context.run_migrations()
