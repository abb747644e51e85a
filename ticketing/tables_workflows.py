"""Tables of workflows and approvals; private to this room and the migrations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, Float, ForeignKey, Index, Text, UniqueConstraint, event, text
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from foundation.db import Table

Json = dict[str, Any]


class WorkflowTable(Table):
    """The way that tickets of some kinds go; what it says stands in its versions."""

    __tablename__ = "ticketing_workflow"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    position: Mapped[int]
    is_enabled: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int]
    deleted_at: Mapped[datetime | None]


class WorkflowVersionTable(Table):
    """What a workflow said from one edit to the next; tickets keep the one they began with."""

    __tablename__ = "ticketing_workflow_version"
    __table_args__ = (UniqueConstraint("workflow_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workflow_id: Mapped[int] = mapped_column(ForeignKey("ticketing_workflow.id", ondelete="CASCADE"))
    version: Mapped[int]
    spec: Mapped[Json] = mapped_column(JSON)
    made_at: Mapped[datetime]
    made_by: Mapped[str | None] = mapped_column(Text)  # a name; NULL: from a file


class ApprovalTable(Table):
    """One question for approval; of a ticket at most one waits, which the index sees to."""

    __tablename__ = "ticketing_approval"
    __table_args__ = (
        Index("ix_ticketing_approval_ticket", "ticket_id", "id"),
        Index(
            "uq_ticketing_approval_waiting",
            "ticket_id",
            unique=True,
            sqlite_where=text("decision = 'waiting'"),
            postgresql_where=text("decision = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticketing_ticket.id", ondelete="CASCADE"))
    step: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    amount: Mapped[float | None] = mapped_column(Float)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str | None] = mapped_column(Text)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_person.id"))
    decision: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(Text)
    is_automatic: Mapped[bool] = mapped_column(default=False)
    comment: Mapped[str] = mapped_column(Text, default="")


@event.listens_for(WorkflowVersionTable, "before_update")
@event.listens_for(WorkflowVersionTable, "before_delete")
def _refuse_to_rewrite(_mapper: Mapper[Any], _connection: Connection, _target: WorkflowVersionTable) -> None:
    raise RuntimeError("versions of workflows are only ever added")
