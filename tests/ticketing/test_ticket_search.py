"""Finding tickets by words: the same tickets on every database, whatever is typed."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.db import WriteSession
from tests.ticketing.desk import ANN, SAM, VERA, opened, who
from ticketing import service as ticketing
from ticketing.types import TicketFilter


def found(session: WriteSession, q: str) -> set[int]:
    listed, total = ticketing.tickets(session, who(session, ANN), TicketFilter(q=q))
    assert total == len(listed)
    return {one.id for one in listed}


@pytest.mark.parametrize(
    ("q", "is_found"),
    [
        ("变频器", True), ("频器", True), ("器报", True), ("变", True), ("E-203", True), ("e-203", True),
        ("203 变频器", True), ("变频器 水泵", False), ("rive", True), ("RIVE", True), ("rives", False),
        ("100%", True), ("1_0", False), ("%", True), ("sam@globex", True), ("Sam", True), ("vera", False),
        ("", True), ("  ", True), ("'", False), ("\\", False),
    ],
)  # fmt: skip
def test_a_word_is_found_wherever_it_stands_and_nothing_is_a_wildcard(
    session: WriteSession, q: str, is_found: bool
) -> None:
    made = opened(session, SAM, subject="变频器报 E-203, Drive 100% 停机")
    assert (made.id in found(session, q)) is is_found


def test_the_number_finds_its_ticket(session: WriteSession) -> None:
    made = opened(session, SAM, subject="变频器")
    for q in (made.number, made.number.lower(), str(made.id)):
        assert made.id in found(session, q)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text("ab变频%_ -", min_size=1, max_size=8), min_size=1, max_size=4),
    st.text("ab变频%_", max_size=3),
)
def test_the_same_is_found_as_by_looking_at_every_subject(
    session: WriteSession, subjects: list[str], word: str
) -> None:
    with session.begin_nested() as savepoint:
        made = {
            opened(session, None, subject=f"x{one}x", requester_email="q@q.example").id: f"x{one}x"
            for one in subjects
        }
        wanted = {key for key, subject in made.items() if word in " ".join(subject.split())}
        assert found(session, word) & set(made) >= wanted or not word.strip()
        if word and word not in "q@q.example":
            assert found(session, word) & set(made) == wanted
        savepoint.rollback()


def test_customers_find_only_what_they_may_see(session: WriteSession) -> None:
    mine, other = opened(session, VERA, subject="drive"), opened(session, SAM, subject="drive")
    listed, total = ticketing.tickets(session, who(session, VERA), TicketFilter(q="drive"))
    assert [one.id for one in listed] == [mine.id] and total == 1 and other.id != mine.id
