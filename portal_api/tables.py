"""Tables of the front hall: credentials, sessions of pages, keys of machines."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.db import Table


class CredentialTable(Table):
    """How a person proves who they are."""

    __tablename__ = "portal_credential"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("ticketing_person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    password_hash: Mapped[str] = mapped_column(Text)  # argon2id, with its parameters
    changed_at: Mapped[datetime]


class PageSessionTable(Table):
    """A signed-in browser; the cookie's value is kept only as a hash."""

    __tablename__ = "portal_session"

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("ticketing_person.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class ApiKeyTable(Table):
    """A key a machine calls with; it acts with one role and is kept only as a hash."""

    __tablename__ = "portal_api_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    key_hash: Mapped[str] = mapped_column(Text, unique=True)
    role: Mapped[str | None] = mapped_column(Text)  # none: sees what an anonymous visitor sees
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class DemoLoginTable(Table):
    """A log-in of the sample company, offered on its pages; present only after `jieda demo`."""

    __tablename__ = "portal_demo_login"

    email: Mapped[str] = mapped_column(Text, primary_key=True)
    password: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)  # standard, vip, agent, editor, manager
    label_zh: Mapped[str] = mapped_column(Text)
    label_en: Mapped[str] = mapped_column(Text)
    position: Mapped[int]


class DemoCompanyTable(Table):
    """The vendor whose sample desk is loaded: its name stands on its pages."""

    __tablename__ = "portal_demo_company"

    slug: Mapped[str] = mapped_column(Text, primary_key=True)
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
