"""Who is calling: passwords (argon2), sessions of pages, keys of machines, CSRF tokens."""

from __future__ import annotations

import hashlib
import hmac
import threading
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from sqlalchemy import delete, select

from foundation import clock, ids
from foundation.access import Role, Viewer
from foundation.db import ReadSession, WriteSession
from foundation.errors import InvalidInputError, NotFoundError
from foundation.settings import get_settings
from portal_api.errors import WrongLoginError
from portal_api.tables import ApiKeyTable, CredentialTable, PageSessionTable
from ticketing import directory

COOKIE = "jieda_session"
KEY_PREFIX = "jd_"
MIN_PASSWORD_CHARS = 8

_hasher = PasswordHasher()
_at_a_time = threading.BoundedSemaphore(4)  # each check takes 64 MB; more at once help nobody


@lru_cache(maxsize=1)
def _nobody() -> str:
    """Checked when no such person exists, so that the time to answer does not tell whether one does."""
    return _hasher.hash("nobody has this password")


def set_password(session: WriteSession, person_id: int, password: str) -> None:
    """Give a person a password; every session they have elsewhere ends.

    Raises InvalidInputError for one that is too short.
    """
    if len(password) < MIN_PASSWORD_CHARS:
        raise InvalidInputError(f"a password needs at least {MIN_PASSWORD_CHARS} characters")
    row = session.get(CredentialTable, person_id)
    if row is None:
        row = CredentialTable(person_id=person_id)
        session.add(row)
    row.password_hash, row.changed_at = _hasher.hash(password), clock.now()
    session.execute(delete(PageSessionTable).where(PageSessionTable.person_id == person_id))


def check_password(session: ReadSession, email: str, password: str) -> Viewer:
    """The person this password belongs to. Slow on purpose: call it with no write transaction open.

    Raises WrongLoginError, equally fast for an unknown address and a wrong password.
    """
    viewer = _viewer_or_none(session, email)
    row = session.get(CredentialTable, viewer.person_id) if viewer else None
    try:
        with _at_a_time:
            _hasher.verify(row.password_hash if row else _nobody(), password)
    except (VerifyMismatchError, VerificationError, InvalidHashError) as error:
        raise WrongLoginError from error
    if viewer is None or row is None:
        raise WrongLoginError
    return viewer


def _viewer_or_none(session: ReadSession, email: str) -> Viewer | None:
    try:
        return directory.viewer_by_email(session, email)
    except NotFoundError:
        return None


def open_session(session: WriteSession, person_id: int) -> str:
    """Open a page session and return the cookie's value, which is shown only here."""
    token = ids.new_secret()
    now = clock.now()
    lasts = timedelta(hours=get_settings().web.session_hours)
    session.execute(delete(PageSessionTable).where(PageSessionTable.expires_at < now))
    session.add(
        PageSessionTable(
            token_hash=_digest(token), person_id=person_id, created_at=now, expires_at=now + lasts
        )
    )
    return token


def close_session(session: WriteSession, token: str) -> None:
    """End the page session of this cookie; nothing happens if there is none."""
    session.execute(delete(PageSessionTable).where(PageSessionTable.token_hash == _digest(token)))


def viewer_of_session(session: ReadSession, token: str) -> Viewer | None:
    """The person behind a cookie; None when it is unknown or has run out."""
    row = session.get(PageSessionTable, _digest(token))
    if row is None or row.expires_at <= clock.now():
        return None
    try:
        return directory.viewer_by_person(session, row.person_id)
    except NotFoundError:
        return None


def csrf_token(session_token: str) -> str:
    """The token a page sends with each change; bound to its session, so no other site can know it."""
    key = get_settings().signing_key().encode()
    return hmac.new(key, b"csrf:" + session_token.encode(), hashlib.sha256).hexdigest()


def csrf_fits(session_token: str, sent: str | None) -> bool:
    """Whether `sent` is this session's CSRF token."""
    return sent is not None and hmac.compare_digest(csrf_token(session_token).encode(), sent.encode())


@dataclass(frozen=True)
class NewApiKey:
    """A key just made; `key` is shown once and never again."""

    id: int
    name: str
    key: str


def create_api_key(session: WriteSession, name: str, role: Role | None) -> NewApiKey:
    """Make a key for a machine that acts with `role`, or as an anonymous visitor without one."""
    key = KEY_PREFIX + ids.new_secret()
    row = ApiKeyTable(name=name, key_hash=_digest(key), role=role, created_at=clock.now())
    session.add(row)
    session.flush()
    return NewApiKey(row.id, name, key)


def viewer_of_key(session: ReadSession, key: str) -> Viewer | None:
    """What a machine's key may see; None for an unknown or revoked one."""
    row = session.scalar(select(ApiKeyTable).where(ApiKeyTable.key_hash == _digest(key)))
    if row is None or row.revoked_at is not None:
        return None
    return Viewer(name=row.name, role=Role(row.role) if row.role else None)


def _digest(secret: str) -> str:
    # The secret has 256 random bits, so a plain hash cannot be guessed back.
    return hashlib.sha256(secret.encode()).hexdigest()
