"""What rules know: every field of ticket, person, company and product that the catalogue names."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from foundation import clock
from foundation.db import read_session, write_session
from foundation.settings import get_settings, use_settings
from tests.ticketing.desk import VERA, both, opened
from tests.ticketing.rule_desk import SURVEY, a_ticket, all_tickets, made, outcomes, pass_days, seen, solved
from ticketing import companies, directory, owned_products, rule_conditions, rule_facts
from ticketing.directory_types import NewCompany, NewPerson
from ticketing.owned_products import NewOwnedProduct
from ticketing.rule_types import Occurrence, When
from ticketing.types import FilledForm, MessageRole

pytestmark = pytest.mark.usefixtures("rules_at_work")


def facts_of_ticket(**values: Any) -> dict[str, Any]:
    with write_session() as session:
        new = NewCompany(
            slug="acme", name=both("Acme"), tags=("oem",), contract={"ends_on": "2026-09-17", "value": 9}
        )
        companies.upsert_company(session, new)
        person = NewPerson(email=VERA, name="Vera", company="acme", department="lab", tags=("buyer",))
        directory.upsert_person(session, person)
        piece = NewOwnedProduct(product="YLD300", serial="S-1", warranty_until=date(2026, 9, 7))
        owned_products.upsert(session, "acme", piece)
        ticket = opened(session, VERA, product="YLD300", form=FilledForm("repair", values)).id
    with read_session() as session:
        occurrence = Occurrence(key="x", at=clock.now(), when=When.TICKET_CREATED, ticket_id=ticket)
        return rule_facts.facts_of(session, occurrence)


@pytest.mark.parametrize(
    ("field", "op", "value", "holds"),
    [
        ("company.tags", "contains", "oem", True),
        ("company.tags", "contains", "key", False),
        ("company.contract_days_left", "lte", 10, True),
        ("company.contract_days_left", "lt", 10, False),
        ("company.contract.value", "gte", 9, True),
        ("company.products", "contains", "YLD300", True),
        ("product.is_owned", "is", True, True),
        ("product.serial", "is", "S-1", True),
        ("product.in_warranty", "is", True, True),
        ("person.tags", "contains", "buyer", True),
        ("ticket.department", "is", "lab", True),
    ],
)
def test_a_condition_asks_for_any_of_them(field: str, op: str, value: Any, holds: bool) -> None:
    faults: list[str] = []
    node = rule_conditions.parse(
        {"field": field, "op": op, "value": value}, lambda where, what: faults.append(f"{where}: {what}")
    )
    assert faults == []
    assert rule_conditions.holds(node, facts_of_ticket(serial="S-1")) is holds


def test_a_serial_number_of_somebody_elses_piece_says_nothing_of_its_warranty() -> None:
    assert "product.in_warranty" not in facts_of_ticket(serial="S-2")


def test_the_repair_rate_of_a_batch_is_told_of_what_customers_own() -> None:
    with write_session() as session:
        batch = NewOwnedProduct(product="YLD300", batch="B-7", quantity=40)
        owned_products.upsert(session, "acme", batch)
    rule = {
        "name": both("Rate"),
        "trigger": {"on": "repairs_rising", "days": 30, "at_least": 2, "percent": 0, "kinds": ["repair"]},
        "conditions": {"field": "product.repair_percent", "op": "gte", "value": 5},
        "actions": [{"do": "task", "subject": both("{batch}: {repairs}"), "kind": "quality"}],
    }
    rule_id = made(rule)
    for _ in range(2):
        a_ticket(VERA, kind="repair", product="YLD300", form=FilledForm("repair", {"batch": "B-7"}))
    pass_days(1)
    assert [one.subject for one in all_tickets("quality")] == ["B-7: 2"], outcomes(rule_id)


def test_with_a_public_address_the_link_of_a_survey_is_a_whole_one() -> None:
    settings = get_settings()
    web = settings.web.model_copy(update={"public_url": "https://support.example.com/"})
    use_settings(settings.model_copy(update={"web": web}))
    made(SURVEY)
    ticket_id = a_ticket()
    solved(ticket_id)
    said = [one.text for one in seen(ticket_id).messages if one.role == MessageRole.SYSTEM]
    assert said == [f"Please rate us: https://support.example.com/portal/tickets/{ticket_id}"]
