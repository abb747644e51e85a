"""The green channel: customers of a tier that is promised special care, and whether the desk keeps that.

A tier is promised special care if its account manager hears of each ticket (`notifies_manager`). Such tickets
have a queue of their own, a shorter promise than everybody else's, no bot in the way of who asks for a person,
and a manager who hears when the company falls silent, whatever rules the vendor writes or switches off.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from foundation import clock
from foundation.access import Role
from foundation.db import ReadSession, WriteSession
from ticketing import directory, notifications, policies, routing, rule_times
from ticketing.directory_types import Tier
from ticketing.tables import AgentTable, CompanyTable, SilenceTable
from ticketing.types import Priority

_LOOKS_BACK = timedelta(days=3650)


def green_tiers(tiers: Sequence[Tier]) -> list[Tier]:
    """The tiers that are promised special care."""
    return [tier for tier in tiers if tier.notifies_manager]


def queues(session: ReadSession) -> set[str]:
    """The queues that serve only such tiers."""
    green = {tier.slug for tier in green_tiers(directory.tiers(session))}
    return {queue.slug for queue in routing.queues(session) if queue.tiers and set(queue.tiers) <= green}


def gaps(session: ReadSession) -> dict[str, list[str]]:
    """What the set-up lacks to keep its word, by tier: no_bypass, no_queue, no_shorter_promise, no_silence_alert.

    Tiers that lack nothing, or are promised nothing special, are left out.
    """
    tiers = directory.tiers(session)
    found = {tier.slug: _gaps_of(session, tier, tiers) for tier in green_tiers(tiers)}
    return {slug: lacking for slug, lacking in found.items() if lacking}


def _gaps_of(session: ReadSession, tier: Tier, tiers: Sequence[Tier]) -> list[str]:
    own = queues(session)
    checks = {
        "no_bypass": tier.bot_bypass,
        "no_queue": any(tier.slug in one.tiers and one.slug in own for one in routing.queues(session)),
        "no_shorter_promise": _is_promised_sooner(session, tier, tiers),
        "no_silence_alert": tier.silent_days is not None,
    }
    return [name for name, is_kept in checks.items() if not is_kept]


def _is_promised_sooner(session: ReadSession, tier: Tier, tiers: Sequence[Tier]) -> bool:
    own = _first_response_minutes(session, tier.slug)
    others = [_first_response_minutes(session, one.slug) for one in tiers if not one.notifies_manager]
    return own is not None and all(other is None or own < other for other in others)


def _first_response_minutes(session: ReadSession, tier: str) -> int | None:
    policy = policies.policy_for(session, tier=tier, priority=Priority.NORMAL, kind="general")
    return policy.first_response_minutes if policy else None


# Silence


def tell_of_silence(session: WriteSession) -> list[str]:
    """Tell managers which companies of such tiers have not been heard of for too long, each silence once.

    A company that was never heard of is new, not silent. Returns the companies told of.
    """
    now, told_of = clock.now(), []
    for tier in directory.tiers(session):
        if tier.silent_days is None:
            continue
        silence = timedelta(days=tier.silent_days)
        heard = rule_times.companies_heard(session, now - silence, now, tier=tier.id)
        companies = select(CompanyTable).where(CompanyTable.tier_id == tier.id).order_by(CompanyTable.id)
        for company in session.scalars(companies).all():
            if company.slug in heard:
                _forget(session, company)
            elif _tell_once(session, company):
                told_of.append(company.slug)
    return told_of


def _forget(session: WriteSession, company: CompanyTable) -> None:
    """The silence is over; the next one is told again."""
    told = session.get(SilenceTable, company.id)
    if told is not None:
        session.delete(told)


def _tell_once(session: WriteSession, company: CompanyTable) -> bool:
    if session.get(SilenceTable, company.id) is not None:
        return False
    now = clock.now()
    heard = rule_times.companies_heard(session, now - _LOOKS_BACK, now, tier=company.tier_id)
    since = max(heard.get(company.slug, ()), default=None)
    if since is None:
        return False
    session.add(SilenceTable(company_id=company.id, since=since, told_at=now))
    session.flush()
    for person_id in _who_hears(session, company.id):
        notifications.notify(
            session,
            person_id,
            "vip_silent",
            company=company.slug,
            company_name=company.name,
            days=(now - since).days,
            since=since.isoformat(),
        )
    return True


def _who_hears(session: ReadSession, company_id: int) -> list[int]:
    """The account manager; where there is none, every service manager, so that it is nobody's secret."""
    manager = directory.account_manager_id(session, company_id)
    if manager is not None:
        return [manager]
    leads = select(AgentTable.person_id).where(AgentTable.role == Role.MANAGER).order_by(AgentTable.id)
    return list(session.scalars(leads))
