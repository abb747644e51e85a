"""Three levels: a customer's scope says whose tickets are seen beside the own ones, and nothing shows more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.access import TicketScope, Viewer
from foundation.db import WriteSession
from tests.ticketing.desk import SAM, VERA, VICTOR, both, opened, who
from ticketing import companies, directory, directory_changes
from ticketing import service as ticketing
from ticketing.directory_types import NewCompany, NewPerson
from ticketing.errors import TicketNotFoundError, UnknownSlugError
from ticketing.errors_directory import DepartmentInUseError, ExternalIdTakenError
from ticketing.types import NewReply

LENA, PIA = "lena@acme.example", "pia@acme.example"


def person(
    session: WriteSession, email: str, department: str | None, scope: TicketScope | None = None
) -> Viewer:
    new = NewPerson(email=email, name=email, company="acme", department=department, ticket_scope=scope)
    directory.upsert_person(session, new)
    return who(session, email)


def seen(session: WriteSession, viewer: Viewer) -> set[int]:
    found, total = ticketing.tickets(session, viewer)
    assert total == len(found)
    return {one.id for one in found}


@pytest.fixture
def five(session: WriteSession) -> dict[str, int]:
    """A ticket each of Vera and Lena (lab), Pia (purchasing), Victor (no department) and Sam of Globex."""
    person(session, VERA, "lab")
    person(session, LENA, "lab")
    person(session, PIA, "purchasing")
    return {email: opened(session, email).id for email in (VERA, LENA, PIA, VICTOR, SAM)}


@pytest.mark.parametrize(
    ("scope", "whose"),
    [
        (TicketScope.PERSON, {VERA}),
        (TicketScope.DEPARTMENT, {VERA, LENA}),
        (TicketScope.COMPANY, {VERA, LENA, PIA, VICTOR}),
    ],
)
def test_the_scope_says_whose_tickets_are_seen(
    session: WriteSession, five: dict[str, int], scope: TicketScope, whose: set[str]
) -> None:
    vera = person(session, VERA, "lab", scope)
    assert seen(session, vera) == {five[one] for one in whose}
    for email, ticket_id in five.items():
        if email in whose:
            assert ticketing.ticket(session, vera, ticket_id).id == ticket_id
            continue
        for act in (
            lambda one=ticket_id: ticketing.ticket(session, vera, one),
            lambda one=ticket_id: ticketing.reply(session, vera, one, NewReply(text="hello")),
            lambda one=ticket_id: ticketing.mark_read(session, vera, one),
            lambda one=ticket_id: ticketing.rate(session, vera, one, rating=1),
        ):
            with pytest.raises(TicketNotFoundError):
                act()


def test_without_a_word_of_their_own_people_have_the_scope_of_their_company(
    session: WriteSession, five: dict[str, int]
) -> None:
    assert len(seen(session, who(session, VERA))) == 4
    new = NewCompany(slug="acme", name=both("Acme"), ticket_scope=TicketScope.DEPARTMENT)
    companies.upsert_company(session, new)
    assert seen(session, who(session, VERA)) == {five[VERA], five[LENA]}
    assert seen(session, person(session, LENA, "lab", TicketScope.COMPANY)) >= {five[PIA]}


def test_the_scope_of_a_department_shows_nothing_of_others_to_who_is_in_none(
    session: WriteSession, five: dict[str, int]
) -> None:
    victor = person(session, VICTOR, None, TicketScope.DEPARTMENT)
    assert seen(session, victor) == {five[VICTOR]}


def test_departments_of_one_name_in_two_companies_are_two(
    session: WriteSession, five: dict[str, int]
) -> None:
    new = NewPerson(
        email=SAM, name="Sam", company="globex", department="lab", ticket_scope=TicketScope.DEPARTMENT
    )
    directory.upsert_person(session, new)
    assert seen(session, who(session, SAM)) == {five[SAM]}


def test_a_ticket_stays_with_the_department_it_was_opened_for(
    session: WriteSession, five: dict[str, int]
) -> None:
    lena = person(session, LENA, "lab", TicketScope.DEPARTMENT)
    person(session, VERA, "purchasing", TicketScope.DEPARTMENT)
    assert five[VERA] in seen(session, lena)
    assert seen(session, who(session, VERA)) == {
        five[VERA],
        five[PIA],
    }  # the own one, and the new department's


def test_a_department_is_made_when_it_is_first_named_and_goes_only_when_nobody_is_in_it(
    session: WriteSession, five: dict[str, int]
) -> None:
    assert [(one.slug, one.people) for one in companies.departments(session, "acme")] == [
        ("lab", 2),
        ("purchasing", 1),
    ]
    named = companies.upsert_department(session, "acme", "lab", {"zh": "实验室", "en": "Lab"})
    assert (named.name["zh"], named.people) == ("实验室", 2)
    with pytest.raises(DepartmentInUseError):
        companies.remove_department(session, "acme", "lab")
    companies.upsert_department(session, "acme", "empty", both("empty"))
    companies.remove_department(session, "acme", "empty")
    with pytest.raises(UnknownSlugError):
        companies.remove_department(session, "acme", "empty")


def test_an_external_id_belongs_to_one_company(session: WriteSession) -> None:
    companies.upsert_company(session, NewCompany(slug="acme", name=both("Acme"), external_id="C-1"))
    found = companies.by_external_id(session, "C-1")
    assert found is not None and found.slug == "acme"
    with pytest.raises(ExternalIdTakenError):
        companies.upsert_company(session, NewCompany(slug="globex", name=both("Globex"), external_id="C-1"))


def test_what_is_changed_is_written_down_with_who_did_it(session: WriteSession) -> None:
    mia = Viewer(name="Mia")
    companies.upsert_company(session, NewCompany(slug="acme", name=both("ACME"), tags=("key", "oem")), mia)
    company_id = companies.company(session, "acme").id
    newest = directory_changes.changes(session, company_id=company_id)[0]
    assert (newest.actor, newest.event) == ("Mia", "changed")
    assert newest.detail["fields"]["tags"] == [[], ["key", "oem"]]
    companies.upsert_company(session, NewCompany(slug="acme", name=both("ACME")), mia)
    assert directory_changes.changes(session, company_id=company_id)[0].id == newest.id, "nothing was changed"


@given(scope=st.sampled_from(TicketScope), department=st.sampled_from([None, "lab", "rd"]))
def test_a_narrower_scope_never_sees_more(scope: TicketScope, department: str | None) -> None:
    from ticketing.repository import visible_to

    viewer = Viewer(person_id=7, company="acme", department=department, ticket_scope=scope)
    sql = str(visible_to(viewer))
    assert "requester_id" in sql
    assert ("company_id" in sql) == (
        scope is TicketScope.COMPANY or (scope is TicketScope.DEPARTMENT and department is not None)
    )
