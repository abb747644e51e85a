from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, select

from foundation import clock
from foundation.access import Role
from foundation.db import read_session, write_session
from foundation.errors import InvalidInputError
from portal_api import authentication
from portal_api.tables import ApiKeyTable, CredentialTable, PageSessionTable
from retrieval import context
from tests.portal_api.conftest import PASSWORD, Browser
from ticketing import directory


def test_a_password_is_kept_as_an_argon2_hash_and_a_session_as_a_digest(browser: Browser) -> None:
    browser.sign_in("vip@acme.example")
    cookie = browser.client.cookies[authentication.COOKIE]
    with read_session() as session:
        assert all(
            row.password_hash.startswith("$argon2id$") for row in session.scalars(select(CredentialTable))
        )
        kept = [row.token_hash for row in session.scalars(select(PageSessionTable))]
    assert len(kept) == 1
    assert cookie not in kept


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("vip@acme.example", "wrong horse"),
        ("nobody@acme.example", PASSWORD),
        ("", ""),
        ("vip@acme.example", ""),
    ],
)
def test_a_wrong_log_in_is_refused_without_saying_what_was_wrong(
    browser: Browser, email: str, password: str
) -> None:
    answer = browser.client.post("/api/v1/auth/login", json={"email": email, "password": password})
    assert answer.status_code == 401
    assert answer.json()["code"] == "wrong_login"
    assert answer.headers["content-type"] == "application/problem+json"
    assert authentication.COOKIE not in browser.client.cookies


def test_guessing_passwords_is_slowed(browser: Browser) -> None:
    guess = {"email": "guess@acme.example", "password": "guess"}
    answers = [browser.client.post("/api/v1/auth/login", json=guess) for _ in range(40)]
    assert answers[0].json()["code"] == "wrong_login"
    slowed = [answer for answer in answers if answer.status_code == 429]
    assert slowed
    assert slowed[0].json()["code"] == "too_many_attempts"
    assert int(slowed[0].headers["Retry-After"]) >= 1


def test_me_tells_who_is_signed_in_and_forgets_after_signing_out(browser: Browser) -> None:
    assert browser.client.get("/api/v1/auth/me").json() == {
        "signed_in": False,
        "person": None,
        "csrf_token": None,
    }
    browser.sign_in("VIP@acme.example")
    person = browser.client.get("/api/v1/auth/me").json()["person"]
    assert (person["company"]["slug"], person["tier"], person["role"]) == ("acme", "vip", None)
    cookie = browser.client.cookies[authentication.COOKIE]
    assert browser.client.post("/api/v1/auth/logout").status_code == 204
    browser.client.cookies.set(authentication.COOKIE, cookie)  # a stolen cookie is worth nothing afterwards
    assert browser.client.get("/api/v1/auth/me").json()["signed_in"] is False


def test_a_session_runs_out(browser: Browser) -> None:
    with clock.fixed(clock.now()):
        browser.sign_in("vip@acme.example")
        assert browser.client.get("/api/v1/auth/me").json()["signed_in"] is True
        clock.advance(timedelta(hours=73))
        assert browser.client.get("/api/v1/auth/me").json()["signed_in"] is False


def test_a_new_password_ends_every_open_session(browser: Browser) -> None:
    browser.sign_in("vip@acme.example")
    with write_session() as session:
        person_id = directory.viewer_by_email(session, "vip@acme.example").person_id
        assert person_id is not None
        authentication.set_password(session, person_id, "another horse")
    assert browser.client.get("/api/v1/auth/me").json()["signed_in"] is False


def test_a_short_password_is_refused(browser: Browser) -> None:
    with write_session() as session, pytest.raises(InvalidInputError):
        authentication.set_password(session, 1, "short")


def test_a_change_by_cookie_needs_the_csrf_token_of_its_own_session(browser: Browser) -> None:
    browser.sign_in("editor@vendor.example")
    body = {"term": "变频器", "lang": "zh", "synonyms": ["VFD"]}
    assert browser.client.post("/api/v1/glossary", json=body).status_code == 201
    for token in (None, "", "guess", authentication.csrf_token("another session")):
        browser.client.headers.pop("X-CSRF-Token", None)
        if token is not None:
            browser.client.headers["X-CSRF-Token"] = token
        refused = browser.client.post("/api/v1/glossary", json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf_token_missing")


def test_an_api_key_acts_with_its_role_and_is_kept_as_a_digest(app_client: TestClient, people: None) -> None:
    with write_session() as session:
        made = authentication.create_api_key(session, "sync", Role.EDITOR)
    with read_session() as session:
        assert made.key not in [row.key_hash for row in session.scalars(select(ApiKeyTable))]
    headers = {"Authorization": f"Bearer {made.key}"}
    assert app_client.get("/api/v1/gaps", headers=headers).status_code == 200
    assert app_client.get("/api/v1/gaps").status_code == 401
    wrong = app_client.get("/api/v1/gaps", headers={"Authorization": "Bearer jd_wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "sign_in_required")


@pytest.mark.parametrize(
    ("email", "status"),
    [
        ("vip@acme.example", 403),
        ("agent@vendor.example", 403),
        ("editor@vendor.example", 200),
        ("manager@vendor.example", 200),
        ("admin@vendor.example", 200),
    ],
)
def test_a_role_includes_the_ones_below_it_and_no_other(browser: Browser, email: str, status: int) -> None:
    browser.sign_in(email)
    assert browser.client.get("/api/v1/gaps").status_code == status


def test_nobody_waits_to_write_while_a_password_is_checked(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrote = []

    class Slow:
        def verify(self, _hash: str, _password: str) -> bool:
            with ThreadPoolExecutor(1) as pool:
                wrote.append(pool.submit(_write_something).result(timeout=5))
            return True

    monkeypatch.setattr(authentication, "_hasher", Slow())
    browser.sign_in("vip@acme.example")
    assert wrote == [True]


def test_nobody_waits_to_write_while_suggestions_are_searched(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrote, suggest = [], context.suggest

    def slow(*args: Any, **kwargs: Any) -> Any:
        found = suggest(*args, **kwargs)
        with ThreadPoolExecutor(1) as pool:
            wrote.append(pool.submit(_write_something).result(timeout=5))
        return found

    monkeypatch.setattr(context, "suggest", slow)
    assert browser.client.post("/api/v1/suggestions", json={"page": "p"}).status_code == 200
    assert wrote == [True]


def _write_something() -> bool:
    with write_session() as session:
        return session.execute(delete(PageSessionTable)) is not None
