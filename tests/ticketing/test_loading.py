from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from foundation import clock
from foundation.db import Table, WriteSession
from tests.ticketing.desk import ANN, DESK, SAM, VERA, both, opened, shanghai, who
from ticketing import directory, forms, policies
from ticketing import service as ticketing
from ticketing.errors import BadCalendarError, UnknownSlugError
from ticketing.loading import load_desk
from ticketing.types import NewTicket, Priority, TicketChange

SAMPLE = Path(__file__).parents[2] / "examples" / "yanling"


def everything(session: WriteSession) -> dict[str, list[Any]]:
    session.flush()
    return {
        table.name: sorted(map(repr, session.execute(select(table)).all()))
        for table in Table.metadata.sorted_tables
        if table.name.startswith("ticketing_")
    }


def test_loading_again_changes_nothing(session: WriteSession) -> None:
    opened(session, VERA)
    before = everything(session)
    load_desk(session, DESK)
    assert everything(session) == before


def test_loading_a_change_follows_it_and_forgets_nothing(session: WriteSession) -> None:
    made = opened(session, SAM)
    raised = [{**DESK["companies"][1], "tier": "vip", "account_manager": ANN}]
    load_desk(session, {**DESK, "companies": raised, "people": [], "queues": []})
    assert ticketing.ticket(session, who(session, SAM), made.id).tier == "vip"
    assert len(directory.companies(session)) == 2 and len(ticketing.queues(session)) == 4


def test_the_first_tiers_account_manager_hears_and_by_priority_is_tried_first(session: WriteSession) -> None:
    assert [one.notifies_manager for one in directory.tiers(session)] == [True, False, False]
    assert [one.slug for one in policies.policies(session)] == [
        "vip:urgent",
        "vip",
        "standard:urgent",
        "standard",
    ]
    urgent = policies.policy_for(session, tier="vip", priority=Priority.URGENT, kind="general")
    assert urgent is not None and (urgent.first_response_minutes, urgent.resolution_minutes) == (5, 240)
    other = policies.policy_for(session, tier=None, priority=Priority.HIGH, kind="general")
    assert other is not None and other.slug == "standard"


def test_named_statuses_stand_over_the_types(session: WriteSession) -> None:
    named = [
        {"slug": "in_lab", "name": both("In the lab"), "type": "on_hold"},
        {"slug": "at_carrier", "name": both("At the carrier"), "type": "on_hold"},
    ]
    load_desk(session, {"statuses": named})
    made, ann = opened(session), who(session, ANN)
    seen = ticketing.change(session, ann, made.id, TicketChange(state="at_carrier"))
    assert (seen.state, seen.status.slug, seen.status.name["en"]) == (
        "on_hold",
        "at_carrier",
        "At the carrier",
    )
    again = ticketing.change(session, ann, made.id, TicketChange(state="on_hold"))
    assert again.status.slug == "in_lab" and again.version == seen.version + 1
    assert [one.slug for one in ticketing.ticket(session, ann, opened(session).id).allowed_states] == [
        "open",
        "waiting_customer",
        "in_lab",
        "at_carrier",
        "solved",
    ]


def test_a_desk_that_names_what_is_not_there_is_refused(session: WriteSession) -> None:
    for bad in (
        {"companies": [{"slug": "x", "name": both("X"), "tier": "none"}]},
        {"sla_policies": [{"slug": "x", "name": both("X"), "calendar": "none"}]},
        {"queues": [{"slug": "x", "name": both("X"), "position": 1, "team": "none"}]},
    ):
        with pytest.raises(UnknownSlugError):
            load_desk(session, bad)
    with pytest.raises(BadCalendarError):
        load_desk(session, {"calendar": {"slug": "x", "time_zone": "UTC", "weekly": {}}})


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample company is not here")
def test_the_sample_company_is_loaded_and_keeps_its_promises(session: WriteSession) -> None:
    company = yaml.safe_load((SAMPLE / "company.yaml").read_text("utf-8"))
    specs = [yaml.safe_load(path.read_text("utf-8")) for path in sorted(SAMPLE.glob("forms/*.yaml"))]
    load_desk(session, company, specs)
    before = everything(session)
    load_desk(session, company, specs)
    assert everything(session) == before
    assert {one["slug"] for one in specs} == {one.slug for one in forms.forms(session)}
    for person in company["people"]:
        viewer = directory.viewer_by_email(session, person["email"])
        made = ticketing.open_ticket(
            session, NewTicket(body="?", requester_id=viewer.person_id, language=person["locale"])
        )
        assert made.tier == viewer.tier and made.due_at is not None
        assert (made.queue.slug == "vip") == (viewer.tier == "vip")
    # opened an hour before the end of the last day before the National Day week
    clock.advance(shanghai("2026-09-30 17:00") - clock.now())
    gold = directory.viewer_by_email(session, "xu.qing@ruifeng-textile.example")
    late = ticketing.open_ticket(session, NewTicket(body="?", requester_id=gold.person_id))
    assert late.due_at == shanghai("2026-10-08 09:00")
