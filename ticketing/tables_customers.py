"""Tables of customers beside company and person: departments, contacts, merges, products, and who changed what."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Connection, ForeignKey, Index, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from foundation.db import Table


class DepartmentTable(Table):
    """A part of a company; people and tickets name it by its slug."""

    __tablename__ = "ticketing_department"
    __table_args__ = (UniqueConstraint("company_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("ticketing_company.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(Text)
    name: Mapped[dict[str, str]] = mapped_column(JSON)


class ContactTable(Table):
    """How a person reaches us, beside the address they sign in with; one contact leads to one person."""

    __tablename__ = "ticketing_contact"
    __table_args__ = (
        UniqueConstraint("channel", "value"),
        Index("ix_ticketing_contact_person", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("ticketing_person.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)  # in its one spelling, see ticketing.contacts
    added_at: Mapped[datetime]


class PersonMergeTable(Table):
    """Two entries found to be one person, and perhaps found later not to be."""

    __tablename__ = "ticketing_person_merge"
    __table_args__ = (
        Index("ix_ticketing_person_merge_kept", "kept_id"),
        Index("ix_ticketing_person_merge_merged", "merged_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("ticketing_person.id", ondelete="CASCADE"))
    merged_id: Mapped[int] = mapped_column(ForeignKey("ticketing_person.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(Text)
    merged_at: Mapped[datetime]
    merged_by: Mapped[str | None] = mapped_column(Text)
    was_active: Mapped[bool]  # the merged entry, before
    added_tags: Mapped[list[str]] = mapped_column(JSON)  # what the kept entry got from the other one
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(Text)


class MergeItemTable(Table):
    """One thing that a merge gave to the kept entry; what undoing it takes back."""

    __tablename__ = "ticketing_merge_item"
    __table_args__ = (UniqueConstraint("merge_id", "kind", "ref"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    merge_id: Mapped[int] = mapped_column(ForeignKey("ticketing_person_merge.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    ref: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)  # how it stood before, where the merge changed more


class OwnedProductTable(Table):
    """A product that a company owns: one piece by its serial number, or several of a batch."""

    __tablename__ = "ticketing_owned_product"
    __table_args__ = (
        UniqueConstraint("company_id", "key"),
        Index("ix_ticketing_owned_product_batch", "product", "batch"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("ticketing_company.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(Text)  # what makes it this one: see ticketing.owned_products
    product: Mapped[str] = mapped_column(Text)
    serial: Mapped[str | None] = mapped_column(Text)
    batch: Mapped[str | None] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(default=1)
    bought_on: Mapped[date | None]
    warranty_until: Mapped[date | None]


class TierRuleTable(Table):
    """Which companies belong in a tier; the first that holds, by position, decides."""

    __tablename__ = "ticketing_tier_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int]
    tier_id: Mapped[int] = mapped_column(ForeignKey("ticketing_tier.id", ondelete="CASCADE"))
    conditions: Mapped[dict[str, Any]] = mapped_column(JSON)


class SyncMessageTable(Table):
    """A message of another system that has been taken; it is taken once."""

    __tablename__ = "ticketing_sync_message"
    __table_args__ = (UniqueConstraint("source", "message_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(index=True)
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)


class DirectoryChangeTable(Table):
    """Who changed what of a company or person; rows are only ever added."""

    __tablename__ = "ticketing_directory_change"
    __table_args__ = (
        Index("ix_ticketing_directory_change_company", "company_id", "id"),
        Index("ix_ticketing_directory_change_person", "person_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str | None] = mapped_column(Text)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_company.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_person.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)


@event.listens_for(DirectoryChangeTable, "before_update")
def _refuse_change(_mapper: Mapper[Any], _connection: Connection, _row: DirectoryChangeTable) -> None:
    raise RuntimeError("what was changed in the directory is only ever added to")
