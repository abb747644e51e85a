"""What routes ask for: a session, the viewer, a role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Annotated

from fastapi import Depends, Request

from foundation.access import ANONYMOUS, Role, Viewer
from foundation.db import ReadSession, WriteSession, read_session, write_session
from foundation.errors import SignInRequiredError
from foundation.settings import get_settings
from portal_api import authentication
from portal_api.errors import CsrfError, RoleRequiredError
from portal_api.middleware import RateLimit

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Programs on this machine are no visitors and are not slowed.
LOOPBACK = frozenset({"127.0.0.1", "::1", "testclient"})


def _reading() -> Iterator[ReadSession]:
    with read_session() as session:
        yield session


def _transaction() -> Iterator[WriteSession]:
    with write_session() as session:
        yield session


# "function" closes before the response leaves. FastAPI's default closes after it, when a failed commit
# can no longer become an error and a fast client could read the old state.
Reading = Annotated[ReadSession, Depends(_reading, scope="function")]
InTransaction = Annotated[WriteSession, Depends(_transaction, scope="function")]


def resolve_viewer(cookie: str | None, authorization: str | None) -> tuple[Viewer, bool]:
    """Who a request comes from, and whether it says so by cookie.

    Raises SignInRequiredError for a key that is not known; an outdated cookie is an anonymous visitor.
    """
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() == "bearer" and key:
        with read_session() as session:
            viewer = authentication.viewer_of_key(session, key.strip())
        if viewer is None:
            raise SignInRequiredError("this API key is not known or has been revoked")
        return viewer, False
    if cookie:
        with read_session() as session:
            found = authentication.viewer_of_session(session, cookie)
        if found is not None:
            return found, True
    return ANONYMOUS, False


def current_viewer(request: Request) -> Viewer:
    """The viewer of this request; a change asked for by cookie must carry the CSRF token."""
    cookie = request.cookies.get(authentication.COOKIE)
    viewer, by_cookie = resolve_viewer(cookie, request.headers.get("authorization"))
    if by_cookie and request.method not in _SAFE:
        sent = request.headers.get("x-csrf-token")
        if not authentication.csrf_fits(cookie or "", sent):
            raise CsrfError
    if not viewer.is_signed_in:
        _limit_visitors(request)
    return viewer


@lru_cache(maxsize=1)
def _visitor_limit() -> RateLimit:
    return RateLimit(get_settings().web.rate_limit_per_minute)


def _limit_visitors(request: Request) -> None:
    # A program on this machine is not a visitor; behind a proxy the server has put the visitor's own
    # address here.
    client = request.client.host if request.client else None
    if client is not None and client not in LOOPBACK:
        _visitor_limit().check(client)


CurrentViewer = Annotated[Viewer, Depends(current_viewer)]


def _signed_in(viewer: CurrentViewer) -> Viewer:
    if not viewer.is_signed_in:
        raise SignInRequiredError("sign in first")
    return viewer


def _role(role: Role) -> Callable[[Viewer], Viewer]:
    def check(viewer: CurrentViewer) -> Viewer:
        if not viewer.is_signed_in:
            raise SignInRequiredError("sign in first")
        if not viewer.has_role(role):
            raise RoleRequiredError(role)
        return viewer

    return check


SignedIn = Annotated[Viewer, Depends(_signed_in)]
AsAgent = Annotated[Viewer, Depends(_role(Role.AGENT))]
AsEditor = Annotated[Viewer, Depends(_role(Role.EDITOR))]
AsManager = Annotated[Viewer, Depends(_role(Role.MANAGER))]
