"""Tables of the directory and of the desk's set-up; private to this room and the migrations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, ForeignKey, Index, Text, UniqueConstraint, event, false, true
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from foundation.db import Table

Json = dict[str, Any]


class TierTable(Table):
    """A class of contract."""

    __tablename__ = "ticketing_tier"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[dict[str, str]] = mapped_column(JSON)
    rank: Mapped[int]  # the lowest is served first
    bot_bypass: Mapped[bool] = mapped_column(default=False)
    notifies_manager: Mapped[bool] = mapped_column(default=False)
    silent_days: Mapped[int | None]  # not heard of a company for so long, its manager is told; NULL: not told


class CompanyTable(Table):
    """A customer of the vendor."""

    __tablename__ = "ticketing_company"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[dict[str, str]] = mapped_column(JSON)
    external_id: Mapped[str | None] = mapped_column(
        Text, unique=True
    )  # what the vendor's own system calls it
    tier_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_tier.id"))
    tier_is_pinned: Mapped[bool] = mapped_column(default=True, server_default="1")  # rules leave it alone
    ticket_scope: Mapped[str] = mapped_column(Text, default="company", server_default="company")
    tags: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    contract: Mapped[Json] = mapped_column(JSON)
    attributes: Mapped[Json] = mapped_column(JSON)
    synced_at: Mapped[datetime | None]  # the other system's own time of the state we have


class PersonTable(Table):
    """Someone who writes to us or works here."""

    __tablename__ = "ticketing_person"
    __table_args__ = (
        Index("ix_ticketing_person_company", "company_id"),
        Index("ix_ticketing_person_merged_into", "merged_into_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(Text, unique=True)  # lower case; what one signs in with
    external_id: Mapped[str | None] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_company.id"))
    department: Mapped[str | None] = mapped_column(Text)  # slug; unique within the company
    title: Mapped[str | None] = mapped_column(Text)
    ticket_scope: Mapped[str | None] = mapped_column(Text)  # NULL: as the company says
    tags: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    is_active: Mapped[bool] = mapped_column(default=True)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_person.id"))
    synced_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class AccountManagerTable(Table):
    """Who looks after a company; a table of its own, since a company has people and they have a company."""

    __tablename__ = "ticketing_account_manager"

    company_id: Mapped[int] = mapped_column(
        ForeignKey("ticketing_company.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(ForeignKey("ticketing_person.id", ondelete="CASCADE"))


class TeamTable(Table):
    """Agents who work together."""

    __tablename__ = "ticketing_team"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[dict[str, str]] = mapped_column(JSON)


class AgentTable(Table):
    """A person who works at the desk."""

    __tablename__ = "ticketing_agent"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("ticketing_person.id", ondelete="CASCADE"), unique=True)
    role: Mapped[str] = mapped_column(Text)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_team.id"))
    languages: Mapped[list[str]] = mapped_column(JSON)
    skills: Mapped[list[str]] = mapped_column(JSON)
    capacity: Mapped[int]
    presence: Mapped[str] = mapped_column(Text, default="offline")
    presence_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]  # the last sign of life of the agent's console; NULL: none is expected


class CalendarTable(Table):
    """Working time, as ticketing.calendar reads it."""

    __tablename__ = "ticketing_calendar"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[dict[str, str]] = mapped_column(JSON)
    spec: Mapped[Json] = mapped_column(JSON)


class SlaPolicyTable(Table):
    """A promise and its conditions; a NULL condition means any."""

    __tablename__ = "ticketing_sla_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[dict[str, str]] = mapped_column(JSON)
    position: Mapped[int]
    tier: Mapped[str | None] = mapped_column(Text)
    priority: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    calendar: Mapped[str] = mapped_column(Text)  # slug
    first_response_minutes: Mapped[int | None]
    resolution_minutes: Mapped[int | None]
    next_response_minutes: Mapped[int | None]
    warn_percent: Mapped[int] = mapped_column(default=75, server_default="75")
    escalations: Mapped[list[Json]] = mapped_column(JSON, default=list, server_default="[]")


class QueueTable(Table):
    """Where tickets wait; conditions are lists of slugs, an empty one means any."""

    __tablename__ = "ticketing_queue"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[dict[str, str]] = mapped_column(JSON)
    position: Mapped[int]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_team.id"))
    tiers: Mapped[list[str]] = mapped_column(JSON)
    languages: Mapped[list[str]] = mapped_column(JSON)
    kinds: Mapped[list[str]] = mapped_column(JSON)
    is_automatic: Mapped[bool] = mapped_column(default=False, server_default=false())
    skills: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    relax_after_minutes: Mapped[int | None]
    fallback_team_id: Mapped[int | None] = mapped_column(ForeignKey("ticketing_team.id"))
    fallback_after_minutes: Mapped[int | None]
    ack_minutes: Mapped[int | None]


class StatusTable(Table):
    """A vendor's own name over a state type."""

    __tablename__ = "ticketing_status"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[dict[str, str]] = mapped_column(JSON)
    type: Mapped[str] = mapped_column(Text)
    position: Mapped[int]  # the first of a type is what the type alone means


class FormTable(Table):
    """A ticket form or a product configurator, as it is now; what it was stands in its versions."""

    __tablename__ = "ticketing_form"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    position: Mapped[int]
    spec: Mapped[Json] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    is_enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    is_own: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )  # edited here: files leave it alone


class FormVersionTable(Table):
    """What a form said from one edit to the next; rows are only ever added."""

    __tablename__ = "ticketing_form_version"
    __table_args__ = (UniqueConstraint("form_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    form_id: Mapped[int] = mapped_column(ForeignKey("ticketing_form.id", ondelete="CASCADE"))
    version: Mapped[int]
    spec: Mapped[Json] = mapped_column(JSON)
    made_at: Mapped[datetime]
    made_by: Mapped[str | None] = mapped_column(Text)  # a name; NULL: from a file


@event.listens_for(FormVersionTable, "before_update")
@event.listens_for(FormVersionTable, "before_delete")
def _refuse_to_rewrite(_mapper: Mapper[Any], _connection: Connection, _target: FormVersionTable) -> None:
    raise RuntimeError("versions of forms are only ever added")
