"""Special care: who hears of what, and silence that is told once."""

from __future__ import annotations

from datetime import timedelta

from foundation import clock
from foundation.db import WriteSession
from tests.ticketing.desk import ANN, MIA, SAM, VERA, opened, who
from ticketing import directory, green_channel
from ticketing import service as ticketing
from ticketing.types import NewReply

DAY = timedelta(days=1)


def kinds(session: WriteSession, email: str) -> list[str]:
    return [one.kind for one in ticketing.list_notifications(session, who(session, email))]


def test_the_first_of_several_tiers_is_promised_special_care(session: WriteSession) -> None:
    assert [one.slug for one in green_channel.green_tiers(directory.tiers(session))] == ["vip"]
    assert green_channel.queues(session) == {"vip"}
    assert green_channel.gaps(session) == {"vip": ["no_bypass"]}


def test_a_company_that_falls_silent_is_told_to_its_manager_once_for_each_silence(
    session: WriteSession,
) -> None:
    made = opened(session, VERA)
    opened(session, SAM)
    clock.advance(30 * DAY - timedelta(seconds=1))
    assert green_channel.tell_of_silence(session) == []
    clock.advance(timedelta(seconds=1))
    assert green_channel.tell_of_silence(session) == ["acme"]
    assert green_channel.tell_of_silence(session) == []
    assert kinds(session, ANN).count("vip_silent") == 1
    ticketing.reply(session, who(session, VERA), made.id, NewReply(text="Still there."))
    assert green_channel.tell_of_silence(session) == []
    clock.advance(31 * DAY)
    assert green_channel.tell_of_silence(session) == ["acme"]
    assert kinds(session, ANN).count("vip_silent") == 2


def test_silence_where_nobody_looks_after_the_company_is_told_to_the_managers(session: WriteSession) -> None:
    opened(session, VERA)
    directory.set_account_manager(session, "acme", None)
    clock.advance(40 * DAY)
    assert green_channel.tell_of_silence(session) == ["acme"]
    assert "vip_silent" in kinds(session, MIA)


def test_a_company_never_heard_of_is_new_and_not_silent(session: WriteSession) -> None:
    clock.advance(400 * DAY)
    assert green_channel.tell_of_silence(session) == []
