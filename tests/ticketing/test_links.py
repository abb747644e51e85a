from __future__ import annotations

import pytest

from foundation.db import WriteSession
from tests.ticketing.desk import ANN, BOB, SAM, VERA, VICTOR, opened, who
from ticketing import following, links
from ticketing import service as ticketing
from ticketing.errors import AgentRequiredError, TicketNotFoundError
from ticketing.link_errors import (
    ChildrenOpenError,
    LinkNotFoundError,
    LinkRefusedError,
    NotClosedError,
    SplitRefusedError,
)
from ticketing.link_types import LinkKind
from ticketing.types import NewReply, TicketChange, Visibility


def sides(session: WriteSession, ticket_id: int, email: str = ANN) -> list[tuple[str, int]]:
    seen = ticketing.ticket(session, who(session, email), ticket_id)
    return [(str(one.side), one.ticket.id) for one in seen.links]


def closed(session: WriteSession, email: str = SAM) -> int:
    made, ann = opened(session, email), who(session, ANN)
    ticketing.resolve(session, ann, made.id)
    ticketing.change(session, ann, made.id, TicketChange(state="closed"))
    return made.id


def test_a_link_is_seen_from_both_ends_once_and_goes_away(session: WriteSession) -> None:
    one, two, ann = opened(session, SAM).id, opened(session, VERA).id, who(session, ANN)
    links.link(session, ann, one, two, LinkKind.RELATED)
    links.link(session, ann, two, one, LinkKind.RELATED)  # the same in both directions
    assert (sides(session, one), sides(session, two)) == ([("related", two)], [("related", one)])
    links.unlink(session, ann, two, one, LinkKind.RELATED)
    assert sides(session, one) == [] and "unlinked" in [
        entry.event for entry in ticketing.ticket(session, ann, one).history
    ]
    with pytest.raises(LinkNotFoundError):
        links.unlink(session, ann, one, two, LinkKind.RELATED)


def test_customers_make_no_links_and_do_not_see_what_the_desk_linked(session: WriteSession) -> None:
    one, two = opened(session, SAM).id, opened(session, SAM).id
    with pytest.raises(AgentRequiredError):
        links.link(session, who(session, SAM), one, two, LinkKind.RELATED)
    links.link(session, who(session, ANN), one, two, LinkKind.RELATED)
    assert sides(session, one, SAM) == []


def test_parts_make_no_circle_have_one_whole_and_stay_in_the_company(session: WriteSession) -> None:
    one, two, three, ann = (*(opened(session, SAM).id for _ in range(3)), who(session, ANN))
    links.link(session, ann, one, two, LinkKind.CHILD)
    links.link(session, ann, two, three, LinkKind.CHILD)
    for part, whole in ((three, one), (one, three), (one, one), (two, one)):
        with pytest.raises(LinkRefusedError):
            links.link(session, ann, part, whole, LinkKind.CHILD)
    with pytest.raises(LinkRefusedError, match="two companies"):
        links.link(session, ann, opened(session, VERA).id, one, LinkKind.CHILD)
    with pytest.raises(LinkRefusedError):
        links.link(session, ann, one, three, LinkKind.FOLLOW_UP)


def test_a_whole_is_solved_after_its_parts(session: WriteSession) -> None:
    part, whole, ann = opened(session, SAM), opened(session, SAM), who(session, ANN)
    links.link(session, ann, part.id, whole.id, LinkKind.CHILD)
    for solve in (
        lambda: ticketing.resolve(session, ann, whole.id),
        lambda: ticketing.change(session, ann, whole.id, TicketChange(state="solved")),
    ):
        with pytest.raises(ChildrenOpenError) as caught:
            solve()
        assert caught.value.fields()["open"] == [part.number]
    ticketing.resolve(session, ann, part.id)
    assert ticketing.resolve(session, ann, whole.id).state == "solved"


def test_a_closed_ticket_goes_on_in_another_once_for_a_key(session: WriteSession) -> None:
    old, sam = closed(session), who(session, SAM)
    first = following.follow_up(session, sam, old, "It beeps again", key="k")
    assert following.follow_up(session, sam, old, "It beeps again", key="k") == first
    made = ticketing.ticket(session, sam, first)
    assert (made.subject, made.messages[-1].text) == ("It beeps", "It beeps again")
    assert sides(session, first, SAM) == [("follows", old)] and sides(session, old, SAM) == [
        ("followed_by", first)
    ]
    with pytest.raises(NotClosedError):
        following.follow_up(session, sam, first, "and")
    with pytest.raises(TicketNotFoundError):
        following.follow_up(session, who(session, VERA), old, "let me see")


def test_a_colleagues_follow_up_is_their_own(session: WriteSession) -> None:
    old = closed(session, VERA)
    made = following.follow_up(session, who(session, VICTOR), old, "me too")
    requester = ticketing.ticket(session, who(session, VICTOR), made).requester
    assert requester is not None and requester.name == "Victor"


def test_what_is_split_off_is_a_ticket_of_its_own_and_nothing_is_lost(session: WriteSession) -> None:
    made, sam, ann = opened(session, SAM), who(session, SAM), who(session, ANN)
    extra = ticketing.reply(session, sam, made.id, NewReply(text="Also: where is my invoice?"))
    note = ticketing.reply(session, ann, made.id, NewReply(text="two things", visibility=Visibility.INTERNAL))
    other = following.split_off(session, ann, made.id, [extra.id], subject="Invoice")
    seen = ticketing.ticket(session, ann, other)
    assert (seen.subject, [one.text for one in seen.messages]) == ("Invoice", ["Also: where is my invoice?"])
    assert seen.messages[0].created_at == extra.created_at and seen.requester == made.requester
    assert sides(session, other) == [("split_from", made.id)]
    assert "Also: where is my invoice?" in [
        one.text for one in ticketing.ticket(session, ann, made.id).messages
    ]
    foreign = ticketing.reply(session, sam, opened(session, SAM).id, NewReply(text="x"))
    for wrong in ([note.id], [foreign.id], [extra.id, 9999]):
        with pytest.raises(SplitRefusedError):
            following.split_off(session, ann, made.id, wrong, subject="")
    with pytest.raises(AgentRequiredError):
        following.split_off(session, sam, made.id, [extra.id], subject="")


def test_replies_to_a_chain_of_merged_tickets_follow_to_the_last(session: WriteSession) -> None:
    one, two, three = (opened(session, SAM).id for _ in range(3))
    bob, sam = who(session, BOB), who(session, SAM)
    ticketing.merge(session, bob, one, two)
    ticketing.merge(session, bob, two, three)
    ticketing.reply(session, sam, one, NewReply(text="still beeping"))
    assert ticketing.ticket(session, bob, three).messages[-1].text == "still beeping"
