"""Signing in and out, and who one is."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from foundation.access import Role, Viewer
from foundation.db import ReadSession, read_session, write_session
from foundation.settings import get_settings
from portal_api import authentication
from portal_api.dependencies import LOOPBACK, CurrentViewer, InTransaction, Reading
from portal_api.middleware import RateLimit
from portal_api.routes.words import WordsOut
from portal_api.tables import DemoCompanyTable, DemoLoginTable
from ticketing import directory

router = APIRouter(prefix="/api/v1", tags=["authentication"])

_attempts = RateLimit(per_minute=20)  # per address and client: slows guessing, not people
_spraying = RateLimit(per_minute=120)  # per client, whatever the address: each try costs 64 MB and 50 ms


class LoginIn(BaseModel):
    """E-mail address and password."""

    email: Annotated[str, Field(max_length=320)]
    password: Annotated[str, Field(max_length=1000)]


class CompanyRefOut(BaseModel):
    """A company as others mention it."""

    slug: str
    name: WordsOut


class PersonOut(BaseModel):
    """Who is signed in; `role` is for staff."""

    id: int
    name: str
    email: str
    locale: str
    company: CompanyRefOut | None
    tier: str | None
    role: Role | None
    agent_id: int | None


class MeOut(BaseModel):
    """The caller; `csrf_token` goes into the header X-CSRF-Token of every change."""

    signed_in: bool
    person: PersonOut | None
    csrf_token: str | None


class DemoLoginOut(BaseModel):
    """A log-in of the sample company."""

    email: str
    password: str
    label: WordsOut
    kind: Literal["standard", "vip", "agent", "editor", "manager"]


class DemoLoginsOut(BaseModel):
    """The sample company's log-ins; none once it is not loaded or not offered."""

    items: list[DemoLoginOut]
    company: WordsOut | None


def _me(session: ReadSession, viewer: Viewer, token: str | None) -> MeOut:
    csrf = authentication.csrf_token(token) if token and viewer.is_signed_in else None
    if viewer.person_id is None or viewer.email is None:
        return MeOut(signed_in=viewer.is_signed_in, person=None, csrf_token=csrf)
    known = directory.person(session, viewer.person_id)
    person = PersonOut(
        id=viewer.person_id,
        name=viewer.name or viewer.email,
        email=viewer.email,
        locale=viewer.locale,
        company=CompanyRefOut(slug=known.company, name=WordsOut(**known.company_name))
        if known.company and known.company_name
        else None,
        tier=viewer.tier,
        role=viewer.role,
        agent_id=viewer.agent_id,
    )
    return MeOut(signed_in=True, person=person, csrf_token=csrf)


@router.post("/auth/login")
def log_in(body: LoginIn, request: Request, response: Response) -> MeOut:
    """Sign in; sets the session cookie."""
    client = request.client.host if request.client else "?"
    if client not in LOOPBACK:
        _spraying.check(client)
    _attempts.check(f"{client}|{directory.normal_email(body.email)}")
    with read_session() as reading:
        viewer = authentication.check_password(reading, body.email, body.password)
    with write_session() as session:
        token = authentication.open_session(session, viewer.person_id or 0)
        made = _me(session, viewer, token)
    settings = get_settings().web
    response.set_cookie(
        authentication.COOKIE,
        token,
        max_age=settings.session_hours * 3600,
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
        path="/",
    )
    return made


@router.post("/auth/logout", status_code=204)
def log_out(request: Request, response: Response, _viewer: CurrentViewer, session: InTransaction) -> None:
    """Sign out; the session ends on the server too."""
    token = request.cookies.get(authentication.COOKIE)
    if token:
        authentication.close_session(session, token)
    response.delete_cookie(authentication.COOKIE, path="/")


@router.get("/auth/me")
def me(request: Request, viewer: CurrentViewer, session: Reading) -> MeOut:
    """Who is calling; an anonymous visitor is told so."""
    return _me(session, viewer, request.cookies.get(authentication.COOKIE))


@router.get("/demo/logins")
def demo_logins(session: Reading) -> DemoLoginsOut:
    """The sample company's log-ins, for the switch on its pages."""
    if not get_settings().demo_logins:
        return DemoLoginsOut(items=[], company=None)
    rows = session.scalars(select(DemoLoginTable).order_by(DemoLoginTable.position))
    vendor = session.scalars(select(DemoCompanyTable)).first()
    return DemoLoginsOut(
        company=WordsOut(zh=vendor.name_zh, en=vendor.name_en) if vendor else None,
        items=[
            DemoLoginOut.model_validate(
                {
                    "email": row.email,
                    "password": row.password,
                    "kind": row.kind,
                    "label": {"zh": row.label_zh, "en": row.label_en},
                }
            )
            for row in rows
        ],
    )
