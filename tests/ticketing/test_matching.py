"""Who takes a waiting ticket: who may, who is preferred, and that nobody is passed over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ticketing.matching import Hand, Matcher, Why, Work, wanted_skills
from ticketing.routing_types import DeskRouting
from ticketing.types import QueueRouting

NOW = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DESK = DeskRouting()


def hand(number: int, capacity: int = 2, **more: object) -> Hand:
    return Hand(id=number, capacity=capacity, **more)  # type: ignore[arg-type]


def work(number: int = 1, waited: int = 0, **more: object) -> Work:
    made = {"language": "zh", "waiting_since": NOW - waited * MINUTE} | more
    return Work(id=number, **made)  # type: ignore[arg-type]


def offered(one: Work, *hands: Hand, desk: DeskRouting = DESK) -> tuple[int, Why] | None:
    match = Matcher(hands, desk).offer(one, NOW)
    return (match.hand.id, match.why) if match else None


def test_an_agent_takes_only_the_languages_and_team_he_or_she_has() -> None:
    zh = hand(1, team="care", languages=frozenset({"zh"}))
    assert offered(work(team="care"), zh) == (1, Why.SKILLED)
    assert offered(work(language="en"), zh) is None
    assert offered(work(team="key"), zh) is None


def test_a_skill_is_wanted_until_the_ticket_has_waited_long_enough_and_a_language_for_ever() -> None:
    pumps = hand(1, skills=frozenset({"pump"}), languages=frozenset({"zh"}))
    routing = QueueRouting(relax_after_minutes=10)
    valve = frozenset({"valve"})
    assert offered(work(waited=9, skills=valve, routing=routing), pumps) is None
    assert offered(work(waited=10, skills=valve, routing=routing), pumps) == (1, Why.RELAXED)
    assert offered(work(waited=9999, skills=valve, routing=routing, language="en"), pumps) is None
    assert offered(work(waited=9999, skills=valve), pumps) is None  # never relaxed where nobody said so


def test_the_fallback_team_helps_out_from_its_time_on_and_only_after_the_own_team() -> None:
    own, other = hand(1, team="key", load=1), hand(2, team="care")
    routing = QueueRouting(fallback_team="care", fallback_after_minutes=5)
    ticket = work(waited=5, team="key", routing=routing)
    assert offered(work(waited=4, team="key", routing=routing), other) is None
    assert offered(ticket, other) == (2, Why.FALLBACK)
    assert offered(ticket, own, other) == (1, Why.SKILLED)


def test_the_account_manager_goes_first_of_any_team_but_only_with_room_and_the_language() -> None:
    manager, idle = hand(7, team="key", load=1, skills=frozenset({"pump"})), hand(1, team="care")
    ticket = work(team="care", manager=7, skills=frozenset({"valve"}))
    assert offered(ticket, idle, manager) == (7, Why.MANAGER)
    assert offered(ticket, idle, hand(7, load=2)) == (1, Why.SKILLED)
    assert offered(ticket, idle, hand(7, languages=frozenset({"en"}))) == (1, Why.SKILLED)


def test_of_equals_the_one_with_less_to_do_takes_it_then_who_was_given_less() -> None:
    assert offered(work(), hand(1, 4, load=2), hand(2, 2, load=0)) == (2, Why.SKILLED)
    assert offered(work(), hand(1, recent=3), hand(2, recent=1)) == (2, Why.SKILLED)
    assert offered(work(), hand(1, last_at=NOW), hand(2, last_at=NOW - MINUTE)) == (2, Why.SKILLED)


def test_who_had_a_fair_share_comes_after_the_others_but_no_ticket_waits_for_it() -> None:
    desk = DeskRouting(fair_share=3)
    greedy, busy = hand(1, 10, recent=3), hand(2, 10, load=9, recent=2)
    assert offered(work(), greedy, busy, desk=desk) == (2, Why.SKILLED)
    assert offered(work(), greedy, desk=desk) == (1, Why.SKILLED)


def test_for_a_heavy_ticket_in_front_one_agent_is_kept_free_and_the_others_go_on() -> None:
    first, second = hand(1, 3, load=2), hand(2, 3, load=1)
    matcher = Matcher([first, second], DESK)
    assert matcher.offer(work(1, weight=3), NOW) is None
    found = matcher.offer(work(2), NOW)
    assert found is not None and found.hand is first  # the second has more room and is kept
    matcher.take(found, work(2), NOW)
    assert matcher.offer(work(3), NOW) is None and matcher.is_full


def test_a_ticket_heavier_than_a_whole_capacity_goes_to_who_has_nothing_else() -> None:
    assert offered(work(weight=5), hand(1, 2)) == (1, Why.SKILLED)
    assert offered(work(weight=5), hand(1, 2, load=1)) is None
    assert offered(work(weight=5), hand(1, 0)) is None


def test_what_nobody_at_the_desk_lists_as_a_skill_is_not_asked_for() -> None:
    routing = QueueRouting(skills=("gold", "unheard-of"))
    assert wanted_skills("pump", routing, frozenset({"pump", "gold"})) == {"pump", "gold"}
    assert wanted_skills("typo", QueueRouting(), frozenset({"pump"})) == frozenset()
    assert wanted_skills(None, QueueRouting(), frozenset({"pump"})) == frozenset()


TEAMS = st.sampled_from(["a", "b", None])
SKILLS = st.frozensets(st.sampled_from(["x", "y"]))
HANDS = st.lists(
    st.builds(
        dict,
        capacity=st.integers(0, 6),
        load=st.integers(0, 7),
        team=TEAMS,
        skills=SKILLS,
        languages=st.frozensets(st.sampled_from(["zh", "en"])),
    ),
    max_size=5,
)
WORKS = st.lists(
    st.builds(
        dict,
        weight=st.integers(1, 4),
        waited=st.integers(0, 30),
        team=TEAMS,
        skills=SKILLS,
        language=st.sampled_from(["zh", "en"]),
        manager=st.one_of(st.none(), st.integers(0, 4)),
        routing=st.sampled_from(
            [
                QueueRouting(),
                QueueRouting(relax_after_minutes=10, fallback_team="b", fallback_after_minutes=20),
            ]
        ),
    ),
    max_size=25,
)


@given(HANDS, WORKS, st.one_of(st.none(), st.integers(1, 3)))
def test_whatever_waits_nobody_is_overfilled_and_nobody_passed_over(
    people: list[dict[str, object]], tickets: list[dict[str, object]], share: int | None
) -> None:
    """A later ticket is taken only by one who could not have taken any of the earlier ones that still wait."""
    hands = [hand(number, **one) for number, one in enumerate(people)]  # type: ignore[arg-type]
    matcher, before = Matcher(hands, DeskRouting(fair_share=share)), {one.id: one.load for one in hands}
    still_waiting: list[Work] = []
    for number, one in enumerate(tickets):
        ticket = work(number, **one)  # type: ignore[arg-type]
        match = matcher.offer(ticket, NOW)
        if match is None:
            assert not any(one.fits(ticket) and one.why(ticket, NOW) and not one.is_kept for one in hands)
            still_waiting.append(ticket)
            continue
        assert match.hand.fits(ticket)
        assert not any(match.hand.fits(earlier) and match.hand.why(earlier, NOW) for earlier in still_waiting)
        matcher.take(match, ticket, NOW)
    assert all(one.load <= max(one.capacity, before[one.id]) for one in hands)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=12), st.lists(st.integers(1, 2), max_size=40))
def test_a_heavy_ticket_in_front_is_taken_once_each_agent_has_finished_as_many_as_it_weighs(
    held: list[int], light: list[int]
) -> None:
    """The bound for weights, while lighter tickets come without end."""
    hands, heavy = [hand(number, 4, load=load) for number, load in enumerate(held)], work(0, weight=4)
    for _round in range(1 + heavy.weight):
        for one in hands:
            one.is_kept = False
        matcher = Matcher(hands, DESK)
        if matcher.offer(heavy, NOW) is not None:
            return
        for number, weight in enumerate(light, 1):
            found = matcher.offer(work(number, weight=weight), NOW)
            if found is not None:
                matcher.take(found, work(number, weight=weight), NOW)
        for one in hands:
            one.load = max(0, one.load - 1)
    raise AssertionError("the heavy ticket starves")
