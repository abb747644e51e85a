from __future__ import annotations

from copy import deepcopy

import pytest
from sqlalchemy import select

from foundation.db import WriteSession, write_session
from tests.ticketing.desk import ANN, MIA, SAM, both, opened, who
from tests.ticketing.ways import RETURNS, returning, with_returns
from ticketing import service as ticketing
from ticketing import workflows
from ticketing.tables import WorkflowVersionTable
from ticketing.types import FilledForm
from ticketing.workflow_errors import WorkflowConflictError, WorkflowInvalidError, WorkflowNotFoundError


def renamed(name: str) -> dict[str, object]:
    spec = deepcopy(RETURNS)
    spec["steps"][0]["name"] = both(name)
    return spec


def test_a_ticket_keeps_the_version_it_began_with(session: WriteSession) -> None:
    with_returns(session)
    old = returning(session, SAM)
    mia = who(session, MIA)
    edited = workflows.edit(session, "returns", renamed("Wished for"), actor=mia, version=1)
    assert (edited.version, edited.made_by, edited.open) == (2, "Mia", 1)
    new = returning(session, SAM)
    names = [ticketing.ticket(session, mia, one.id).status.name["en"] for one in (old, new)]
    assert names == ["Asked", "Wished for"]
    ways = [ticketing.ticket(session, mia, one.id).way for one in (old, new)]
    assert [way.version for way in ways if way] == [1, 2]


def test_an_edit_over_what_one_has_not_seen_is_refused_and_the_same_again_changes_nothing(
    session: WriteSession,
) -> None:
    with_returns(session)
    assert workflows.edit(session, "returns", RETURNS, version=1).version == 1
    workflows.edit(session, "returns", renamed("Other"), version=1)
    with pytest.raises(WorkflowConflictError) as caught:
        workflows.edit(session, "returns", RETURNS, version=1)
    assert caught.value.fields()["version"] == 2
    assert [one.version for one in workflows.versions(session, "returns")] == [2, 1]


def test_a_chat_of_which_nobody_said_what_it_is_about_goes_by_no_workflow_and_one_with_a_form_does(
    session: WriteSession,
) -> None:
    with_returns(session)
    kind = returning(session, SAM).kind
    assert opened(session, SAM, kind=kind, conversation_id="c_1").way is None
    form = FilledForm("return", {"reason": "dented"})
    assert opened(session, SAM, kind=kind, conversation_id="c_2", form=form).way is not None


def test_versions_cannot_be_rewritten(desk: None) -> None:
    with write_session() as session:
        with_returns(session)
    with pytest.raises(RuntimeError, match="only ever added"), write_session() as session:
        session.scalars(select(WorkflowVersionTable)).one().version = 9


def test_the_first_workflow_that_is_switched_on_and_names_the_kind_counts(session: WriteSession) -> None:
    with_returns(session)
    workflows.add(session, "other", renamed("Other"), is_enabled=True)
    assert returning(session, SAM).status.name["en"] == "Asked"
    workflows.set_order(session, ["other"])
    assert returning(session, SAM).status.name["en"] == "Other"
    workflows.set_enabled(session, "other", is_enabled=False)
    assert returning(session, SAM).status.name["en"] == "Asked"
    workflows.delete(session, "returns")
    assert returning(session, SAM).way is None and opened(session, SAM).way is None


def test_a_deleted_workflow_is_gone_from_the_list_and_stays_with_its_tickets(session: WriteSession) -> None:
    with_returns(session)
    made = returning(session, SAM)
    workflows.delete(session, "returns")
    assert workflows.workflows(session) == []
    with pytest.raises(WorkflowNotFoundError):
        workflows.workflow(session, "returns")
    way = ticketing.ticket(session, who(session, ANN), made.id).way
    assert way is not None and way.slug == "returns" and way.moves
    with_returns(session)  # the name may be used again, and its versions go on
    assert workflows.workflow(session, "returns").version == 2


def test_a_slug_is_given_once(session: WriteSession) -> None:
    with_returns(session)
    with pytest.raises(WorkflowConflictError):
        with_returns(session)
    with pytest.raises(WorkflowNotFoundError):
        workflows.set_order(session, ["ghost"])


def test_loading_adds_what_is_not_there_and_leaves_what_was_edited(session: WriteSession) -> None:
    specs = [{"template": "complaint", "queues": {"investigating": "rest"}}, {"slug": "returns", **RETURNS}]
    workflows.load(session, specs)
    workflows.edit(session, "returns", renamed("Ours"))
    workflows.load(session, specs)
    assert [(one.slug, one.version) for one in workflows.workflows(session)] == [
        ("complaint", 1),
        ("returns", 2),
    ]
    step = workflows.workflow(session, "complaint").spec.step("investigating")
    assert step is not None and step.queue == "rest"
    with pytest.raises(WorkflowInvalidError):
        workflows.load(session, [{"template": "ghost"}])
