from __future__ import annotations

import pytest

from foundation.access import Role, Viewer
from foundation.db import WriteSession
from tests.ticketing.desk import ANN, MIA, SAM, SOLO, VERA, both, who
from ticketing import directory
from ticketing.directory_types import NewAgent, NewCompany, NewPerson, Presence
from ticketing.errors import AgentNotFoundError, PersonNotFoundError, UnknownSlugError


def test_a_viewer_is_who_the_directory_says(session: WriteSession) -> None:
    vera = who(session, VERA)
    assert vera == Viewer(
        person_id=vera.person_id, email=VERA, name="Vera", company="acme", tier="vip", locale="en"
    )
    assert not vera.is_staff
    solo = who(session, SOLO)
    assert (solo.company, solo.tier, solo.is_signed_in) == (None, None, True)
    mia = who(session, MIA)
    assert mia.role is Role.MANAGER and mia.agent_id is not None and mia.company is None
    assert mia.person_id is not None and directory.viewer_by_person(session, mia.person_id) == mia


@pytest.mark.parametrize("email", ["VERA@acme.example", " vera@Acme.Example "])
def test_case_and_blanks_do_not_make_another_person(session: WriteSession, email: str) -> None:
    assert who(session, email) == who(session, VERA)
    same = directory.upsert_person(session, NewPerson(email=email, name="Vera V.", company="acme"))
    assert same.id == who(session, VERA).person_id and same.email == VERA


def test_who_has_left_or_never_came_is_no_viewer(session: WriteSession) -> None:
    directory.upsert_person(session, NewPerson(email=SAM, name="Sam", company="globex", is_active=False))
    for email in (SAM, "nobody@acme.example"):
        with pytest.raises(PersonNotFoundError) as caught:
            who(session, email)
        assert caught.value.code == "person_not_found"
    with pytest.raises(PersonNotFoundError):
        directory.viewer_by_person(session, 999)


def test_companies_people_and_agents_are_listed(session: WriteSession) -> None:
    acme, globex = directory.companies(session)
    assert (acme.slug, acme.tier, acme.people, acme.attributes) == ("acme", "vip", 2, {"country": "SE"})
    assert acme.account_manager is not None and acme.account_manager.name == "Ann"
    assert (globex.slug, globex.account_manager, globex.people) == ("globex", None, 1)
    found, total = directory.people(session, company="acme", limit=1)
    assert [one.name for one in found] == ["Vera"] and total == 2
    assert [one.email for one in directory.people(session, q="SAM@")[0]] == [SAM]
    assert [one.name for one in directory.agents(session)] == ["Ann", "Bob", "Mia"]
    assert [one.slug for one in directory.tiers(session)] == ["vip", "gold", "standard"]
    assert [one.slug for one in directory.teams(session)] == ["key", "care"]


def test_an_account_manager_is_named_changed_and_removed(session: WriteSession) -> None:
    def manager() -> str | None:
        found = directory.companies(session)[1].account_manager
        return found.name if found else None

    for email, name in ((ANN, "Ann"), (MIA, "Mia"), (None, None), (None, None)):
        directory.set_account_manager(session, "globex", email)
        assert manager() == name


def test_presence_is_the_agents_own(session: WriteSession) -> None:
    ann = who(session, ANN)
    assert ann.agent_id is not None
    assert directory.agent(session, ann.agent_id).presence is Presence.OFFLINE
    made = directory.set_presence(session, ann.agent_id, Presence.ONLINE)
    assert made.presence is Presence.ONLINE and made.presence_at is not None
    directory.upsert_agent(session, NewAgent(email=ANN, capacity=3))
    again = directory.agent(session, ann.agent_id)
    assert (again.presence, again.capacity) == (Presence.ONLINE, 3)
    with pytest.raises(AgentNotFoundError):
        directory.set_presence(session, 999, Presence.AWAY)


def test_names_that_are_not_there_are_refused(session: WriteSession) -> None:
    for act in (
        lambda: directory.upsert_company(session, NewCompany(slug="x", name=both("X"), tier="platinum")),
        lambda: directory.upsert_person(session, NewPerson(email="x@x.example", name="X", company="none")),
        lambda: directory.upsert_agent(session, NewAgent(email=SAM, team="none")),
        lambda: directory.set_account_manager(session, "none", ANN),
    ):
        with pytest.raises(UnknownSlugError):
            act()
    with pytest.raises(PersonNotFoundError):
        directory.upsert_agent(session, NewAgent(email="nobody@desk.example"))
