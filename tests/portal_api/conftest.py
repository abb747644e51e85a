"""A running application over a fresh database, and people who can sign in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from foundation.access import Role
from foundation.db import write_session
from foundation.settings import Settings
from portal_api import authentication, database, turn_limit
from ticketing import directory
from ticketing.directory_types import NewAgent, NewCompany, NewPerson, NewTier

PASSWORD = "correct horse"


@pytest.fixture(autouse=True, scope="session")
def _quick_hashes() -> Iterator[None]:
    """Argon2 with the least work it allows: the strength of hashes is not what these tests measure."""
    strong = authentication._hasher
    authentication._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    authentication._nobody.cache_clear()
    yield
    authentication._hasher = strong


@dataclass
class Browser:
    """A client with cookies that sends the CSRF token of its page, as our pages do."""

    client: TestClient

    def sign_in(self, email: str, password: str = PASSWORD) -> Browser:
        answer = self.client.post("/api/v1/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        self.client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return self


@pytest.fixture(autouse=True)
def _nobody_has_spoken_yet() -> None:
    """Ids repeat from test to test; who has said how much must not."""
    turn_limit.forget()


@pytest.fixture
def app_client(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(database, "wanted_revision", lambda: None)  # tables come from the template here
    from portal_api.app import create_app

    with TestClient(create_app()) as client:
        yield client


@pytest.fixture
def people(settings: Settings) -> None:
    """A VIP of acme, a standard customer of globex, one of the lab of each, and one of staff of each role."""
    with write_session() as session:
        for rank, tier in enumerate(("vip", "standard")):
            directory.upsert_tier(session, NewTier(slug=tier, name={"zh": tier, "en": tier}, rank=rank))
        for slug, tier in (("acme", "vip"), ("globex", "standard")):
            directory.upsert_company(session, NewCompany(slug=slug, name={"zh": slug, "en": slug}, tier=tier))
        customers = [
            NewPerson(email="vip@acme.example", name="Vera", company="acme", locale="en"),
            NewPerson(email="std@globex.example", name="斯坦", company="globex", locale="zh"),
            NewPerson(email="lab@acme.example", name="Lena", company="acme", department="lab", locale="en"),
            NewPerson(
                email="lab@globex.example", name="Lars", company="globex", department="lab", locale="en"
            ),
        ]
        staff = [NewPerson(email=f"{role}@vendor.example", name=str(role)) for role in Role]
        for new in (*customers, *staff):
            person = directory.upsert_person(session, new)
            authentication.set_password(session, person.id, PASSWORD)
        for role in Role:
            directory.upsert_agent(session, NewAgent(email=f"{role}@vendor.example", role=role))


@pytest.fixture
def browser(app_client: TestClient, people: None) -> Browser:
    """A browser in which nobody has signed in yet."""
    return Browser(app_client)
