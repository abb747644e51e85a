from __future__ import annotations

from typing import Any

import pytest

from foundation.db import WriteSession
from foundation.errors import ForbiddenError
from tests.ticketing.desk import ANN, BOB, MIA, SAM, VERA, both, opened, who
from ticketing import macros
from ticketing import service as ticketing
from ticketing.errors import AgentRequiredError, UnknownSlugError, VersionConflictError
from ticketing.errors_macros import MacroInvalidError, MacroNotFoundError
from ticketing.macros import NewMacro
from ticketing.types import Visibility


def macro(english: str = "Hello {customer}", **more: Any) -> NewMacro:
    return NewMacro(
        **{"name": both("m"), "text": {"zh": "您好 {customer}", "en": english}, "changes": {}} | more
    )


def test_the_text_is_in_the_language_of_the_ticket_with_its_placeholders_filled(
    session: WriteSession,
) -> None:
    ann = who(session, ANN)
    made = macros.add(session, ann, macro("{customer} of {company}: {number} {product}, {agent}"))
    english = opened(session, VERA, language="en")
    used = macros.use(session, ann, english.id, made.id)
    assert (used.text, used.then) == (f"Vera of Acme: {english.number} –, Ann", None)
    assert macros.use(session, ann, opened(session, SAM).id, made.id).text == "您好 Sam"
    assert macros.macros(session, ann)[0].used == 2


def test_priority_and_queue_change_at_once_and_the_state_goes_with_the_reply(session: WriteSession) -> None:
    ann = who(session, ANN)
    changes = {"priority": "urgent", "queue": "bills", "state": "waiting_customer"}
    made = macros.add(session, ann, macro(changes=changes, visibility=Visibility.INTERNAL))
    ticket = opened(session, SAM)
    used = macros.use(session, ann, ticket.id, made.id, version=ticket.version)
    now = ticketing.ticket(session, ann, ticket.id)
    assert (now.priority, now.queue.slug, now.state) == ("urgent", "bills", "new")
    assert (used.then, used.visibility) == ("waiting_customer", Visibility.INTERNAL)
    assert [one.actor for one in now.history if one.event == "priority_changed"] == ["Ann"]
    with pytest.raises(VersionConflictError):
        macros.use(session, ann, ticket.id, made.id, version=ticket.version)


def test_ones_own_are_ones_own_and_everybodys_are_a_managers_to_write(session: WriteSession) -> None:
    ann, bob, mia = who(session, ANN), who(session, BOB), who(session, MIA)
    own = macros.add(session, ann, macro())
    with pytest.raises(ForbiddenError):
        macros.add(session, ann, macro(is_shared=True))
    shared = macros.add(session, mia, macro(is_shared=True))
    assert [one.id for one in macros.macros(session, bob)] == [shared.id]
    ticket_id = opened(session, SAM).id
    for act in (
        lambda: macros.use(session, bob, ticket_id, own.id),
        lambda: macros.change(session, mia, own.id, macro()),
        lambda: macros.remove(session, bob, own.id),
    ):
        with pytest.raises(MacroNotFoundError):
            act()
    with pytest.raises(ForbiddenError):
        macros.remove(session, ann, shared.id)
    with pytest.raises(AgentRequiredError):
        macros.use(session, who(session, VERA), ticket_id, shared.id)
    macros.remove(session, ann, own.id)
    assert [one.id for one in macros.macros(session, ann)] == [shared.id]


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": {"zh": "{password}", "en": ""}},
        {"changes": {"assignee": 1}},
        {"changes": {"priority": "soon"}},
        {"text": {"zh": "", "en": ""}},
    ],
)
def test_a_macro_that_could_never_be_used_is_refused(session: WriteSession, wrong: dict[str, Any]) -> None:
    with pytest.raises(MacroInvalidError):
        macros.add(session, who(session, ANN), macro(**wrong))


def test_a_queue_that_is_gone_is_told_and_nothing_is_counted(session: WriteSession) -> None:
    ann = who(session, ANN)
    made = macros.add(session, ann, macro(changes={"queue": "gone"}))
    with pytest.raises(UnknownSlugError):
        macros.use(session, ann, opened(session, SAM).id, made.id)
    assert macros.macros(session, ann)[0].used == 0


def test_what_a_customer_is_called_cannot_fill_another_placeholder(session: WriteSession) -> None:
    ann = who(session, ANN)
    ticket = opened(session, None, requester_name="{agent}", language="en")
    made = macros.add(session, ann, macro("Hi {customer}"))
    assert macros.use(session, ann, ticket.id, made.id).text == "Hi {agent}"
