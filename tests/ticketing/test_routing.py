from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation import db
from foundation.db import WriteSession
from foundation.settings import Settings
from tests.ticketing.desk import SAM, SOLO, VERA, opened
from ticketing import routing
from ticketing import service as ticketing
from ticketing.errors import UnknownSlugError
from ticketing.types import NewTicket, Queue

WORDS = {"zh": "队", "en": "Queue"}


@pytest.mark.parametrize(
    ("email", "language", "kind", "queue"),
    [
        (VERA, "zh", "general", "vip"),
        (VERA, "en", "billing", "vip"),  # a VIP goes to the VIP queue, whatever it is about
        (SAM, "zh", "general", "zh"),
        (SAM, "en", "general", "rest"),
        (SAM, "zh", "billing", "bills"),
        (SAM, "de", "general", "rest"),  # a language nobody named
        (SOLO, "zh", "technical", "zh"),
        (None, "en", "general", "rest"),
    ],
)
def test_tier_then_kind_then_language_decide(
    session: WriteSession, email: str | None, language: str, kind: str, queue: str
) -> None:
    assert opened(session, email, language=language, kind=kind).queue.slug == queue


def test_a_desk_without_queues_gets_one_for_everything(settings: Settings) -> None:
    with db.write_session() as session:
        made = ticketing.open_ticket(session, NewTicket(body="help"))
        again = ticketing.open_ticket(session, NewTicket(body="help"))
        assert made.queue.slug == again.queue.slug == "general" and made.clocks == () and made.promise is None
        assert isinstance(made.created_at, datetime)


def test_an_unknown_queue_or_team_is_refused_by_name(session: WriteSession) -> None:
    with pytest.raises(UnknownSlugError):
        routing.queue(session, "nowhere")
    with pytest.raises(UnknownSlugError):
        routing.upsert_queue(session, Queue(0, "q", WORDS, 9, "no-team"))


conditions = st.frozensets(st.sampled_from(["a", "b"]), max_size=2).map(tuple)
queues = st.lists(
    st.builds(
        Queue,
        id=st.integers(1, 99),
        slug=st.text("xyz", min_size=1, max_size=3),
        name=st.just(WORDS),
        position=st.integers(0, 5),
        team=st.none(),
        tiers=conditions,
        languages=conditions,
        kinds=conditions,
    ),
    min_size=1,
    max_size=6,
)
values = st.sampled_from(["a", "b", "c"])


@given(queues, st.one_of(st.none(), values), values, values)
def test_every_ticket_finds_a_queue_and_no_earlier_one_fits(
    known: list[Queue], tier: str | None, language: str, kind: str
) -> None:
    def fits(one: Queue) -> bool:
        wanted = ((one.tiers, tier), (one.languages, language), (one.kinds, kind))
        return all(not condition or value in condition for condition, value in wanted)

    chosen = routing.choose(known, tier=tier, language=language, kind=kind)
    assert chosen in known
    fitting = [one for one in known if fits(one)]
    if fitting:
        assert fits(chosen) and chosen.position == min(one.position for one in fitting)
