"""Contacts: how a person reaches us on each channel, in one spelling, each leading to one person."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from foundation import clock
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import directory_changes, people
from ticketing.errors import PersonNotFoundError
from ticketing.errors_directory import BadContactError, ContactNotFoundError, ContactTakenError
from ticketing.tables import ContactTable, PersonTable


class ContactChannel(StrEnum):
    """Where a contact is known."""

    MAIL = "mail"
    PHONE = "phone"
    WECHAT = "wechat"
    WECOM = "wecom"
    WIDGET = "widget"


@dataclass(frozen=True, kw_only=True)
class Contact:
    """One contact; without an id it is the address that one of the person's entries signs in with."""

    id: int | None
    channel: ContactChannel
    value: str
    added_at: datetime


_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE = re.compile(r"\+?\d{5,15}")
_NOISE = re.compile(r"[\s\-().·/]")
_MAX_CHARS = 320


def normal(channel: ContactChannel, value: str) -> str:
    """A contact in its one spelling; normal again, it is the same. Raises BadContactError."""
    value = value.strip()
    if not value or len(value) > _MAX_CHARS:
        raise BadContactError(channel, f"1 to {_MAX_CHARS} characters are needed")
    return _NORMAL.get(channel, _as_it_is)(value)


def _as_it_is(value: str) -> str:
    return value  # ids of other systems tell large letters from small ones


def _mail(value: str) -> str:
    found = people.normal_email(value)
    if not _MAIL.fullmatch(found):
        raise BadContactError(ContactChannel.MAIL, "an address with one @ is needed")
    return found


def _phone(value: str) -> str:
    found = _NOISE.sub("", value)
    found = f"+{found[2:]}" if found.startswith("00") else found
    if not found.isascii() or not _PHONE.fullmatch(found):
        raise BadContactError(ContactChannel.PHONE, "5 to 15 digits are needed, with + before a country")
    return found


_NORMAL: dict[ContactChannel, Callable[[str], str]] = {
    ContactChannel.MAIL: _mail,
    ContactChannel.PHONE: _phone,
}


def contacts(session: ReadSession, person_id: int) -> list[Contact]:
    """A person's contacts, the addresses of its entries first."""
    entries = people.entries_of(session, person_id)
    rows = {row.id: row for row in session.scalars(select(PersonTable).where(PersonTable.id.in_(entries)))}
    found = [
        Contact(
            id=None, channel=ContactChannel.MAIL, value=rows[one].email or "", added_at=rows[one].created_at
        )
        for one in entries
        if one in rows and rows[one].email is not None
    ]
    statement = select(ContactTable).where(ContactTable.person_id.in_(entries)).order_by(ContactTable.id)
    return found + [_to_contact(row) for row in session.scalars(statement)]


def _to_contact(row: ContactTable) -> Contact:
    return Contact(id=row.id, channel=ContactChannel(row.channel), value=row.value, added_at=row.added_at)


def owner(session: ReadSession, channel: ContactChannel, value: str) -> int | None:
    """The person whom a contact leads to, after merges. Raises BadContactError."""
    wanted = normal(channel, value)
    found = session.scalar(
        select(ContactTable.person_id).where(ContactTable.channel == channel, ContactTable.value == wanted)
    )
    if found is None and channel is ContactChannel.MAIL:
        found = session.scalar(select(PersonTable.id).where(PersonTable.email == wanted))
    return people.current_id(session, found) if found is not None else None


def add(
    session: WriteSession, person_id: int, channel: ContactChannel, value: str, actor: Viewer | None = None
) -> Contact:
    """Give a person a contact; one that is there already is returned.

    Raises PersonNotFoundError, BadContactError, ContactTakenError for one that leads to somebody else.
    """
    wanted = normal(channel, value)
    if session.get(PersonTable, person_id) is None:
        raise PersonNotFoundError(person_id)
    person_id = people.current_id(session, person_id)
    known = owner(session, channel, wanted)
    if known is not None and known != person_id:
        raise ContactTakenError(channel, wanted, known)
    if known is None:
        _insert(session, person_id, channel, wanted, actor)
    return next(one for one in contacts(session, person_id) if (one.channel, one.value) == (channel, wanted))


def _insert(
    session: WriteSession, person_id: int, channel: ContactChannel, value: str, actor: Viewer | None
) -> None:
    row = ContactTable(person_id=person_id, channel=channel, value=value, added_at=clock.now())
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:  # somebody else has just been given it
        raise ContactTakenError(channel, value, owner(session, channel, value) or 0) from error
    directory_changes.note(session, "contact_added", actor, person_id=person_id, channel=channel, value=value)


def remove(session: WriteSession, person_id: int, contact_id: int, actor: Viewer | None = None) -> None:
    """Forget a contact of a person. Raises ContactNotFoundError."""
    row = session.get(ContactTable, contact_id)
    if row is None or row.person_id != person_id:
        raise ContactNotFoundError(contact_id)
    directory_changes.note(
        session, "contact_removed", actor, person_id=person_id, channel=row.channel, value=row.value
    )
    session.delete(row)
    session.flush()
