"""Front door of the directory: companies, people, tiers, teams and agents; who a viewer is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from foundation import clock, live
from foundation.access import Role
from foundation.db import ReadSession, WriteSession
from ticketing import companies as companies_of_desk
from ticketing import people as people_of_desk
from ticketing import slugs
from ticketing.directory_types import (
    Agent,
    NewAgent,
    NewTier,
    Presence,
    Team,
    Tier,
    Words,
)
from ticketing.errors import AgentNotFoundError
from ticketing.tables import (
    AccountManagerTable,
    AgentTable,
    CompanyTable,
    PersonTable,
    TeamTable,
    TierTable,
)

normal_email = people_of_desk.normal_email
viewer_by_email = people_of_desk.viewer_by_email
viewer_by_person = people_of_desk.viewer_by_person
people = people_of_desk.people
person = people_of_desk.person
person_by_email = people_of_desk.person_by_email
names = people_of_desk.names
upsert_person = people_of_desk.upsert_person
companies = companies_of_desk.companies
company = companies_of_desk.company
upsert_company = companies_of_desk.upsert_company
id_of = slugs.id_of

# Lists


def tiers(session: ReadSession) -> list[Tier]:
    """All tiers, the one served first at the top."""
    rows = session.scalars(select(TierTable).order_by(TierTable.rank, TierTable.id))
    return [to_tier(row) for row in rows]


def to_tier(row: TierTable) -> Tier:
    return Tier(
        id=row.id,
        slug=row.slug,
        name=row.name,
        rank=row.rank,
        bot_bypass=row.bot_bypass,
        notifies_manager=row.notifies_manager,
        silent_days=row.silent_days,
    )


def teams(session: ReadSession) -> list[Team]:
    rows = session.scalars(select(TeamTable).order_by(TeamTable.id))
    return [Team(id=row.id, slug=row.slug, name=row.name) for row in rows]


def agents(session: ReadSession, *conditions: Any) -> list[Agent]:
    """All agents whose person is active, by name."""
    statement = (
        select(AgentTable, PersonTable, TeamTable.slug)
        .join(PersonTable, PersonTable.id == AgentTable.person_id)
        .outerjoin(TeamTable, TeamTable.id == AgentTable.team_id)
        .where(PersonTable.is_active, *conditions)
        .order_by(PersonTable.name, AgentTable.id)
    )
    return [_to_agent(*row) for row in session.execute(statement)]


def _to_agent(row: AgentTable, who: PersonTable, team: str | None) -> Agent:
    return Agent(
        id=row.id,
        person_id=who.id,
        name=who.name,
        email=who.email or "",  # an agent is found by the address, so there is one
        role=Role(row.role),
        team=team,
        languages=tuple(row.languages),
        skills=tuple(row.skills),
        capacity=row.capacity,
        presence=Presence(row.presence),
        presence_at=row.presence_at,
        seen_at=row.seen_at,
    )


def agent(session: ReadSession, agent_id: int) -> Agent:
    """One agent. Raises AgentNotFoundError."""
    found = agents(session, AgentTable.id == agent_id)
    if not found:
        raise AgentNotFoundError(agent_id)
    return found[0]


def set_presence(session: WriteSession, agent_id: int, presence: Presence) -> Agent:
    """Say whether an agent can take work; told live. Raises AgentNotFoundError."""
    row = session.get(AgentTable, agent_id)
    if row is None:
        raise AgentNotFoundError(agent_id)
    if row.presence != presence:
        row.presence, row.presence_at = presence, clock.now()
        session.flush()
        news = {"event": "presence", "agent_id": agent_id, "presence": str(presence)}
        live.tell_after_commit(session, "tickets", news)
    return agent(session, agent_id)


# Changes: each makes the thing or brings it up to date, and may be repeated


def upsert_tier(session: WriteSession, new: NewTier) -> Tier:
    row = session.scalar(select(TierTable).where(TierTable.slug == new.slug))
    if row is None:
        row = TierTable(slug=new.slug)
        session.add(row)
    row.name, row.rank = dict(new.name), new.rank
    row.bot_bypass, row.notifies_manager = new.bot_bypass, new.notifies_manager
    row.silent_days = new.silent_days
    session.flush()
    return to_tier(row)


def upsert_team(session: WriteSession, slug: str, name: Words) -> Team:
    row = session.scalar(select(TeamTable).where(TeamTable.slug == slug))
    if row is None:
        row = TeamTable(slug=slug)
        session.add(row)
    row.name = dict(name)
    session.flush()
    return Team(id=row.id, slug=row.slug, name=row.name)


def set_account_manager(session: WriteSession, company: str, email: str | None) -> None:
    """Name who looks after a company; None for nobody.

    Raises UnknownSlugError, PersonNotFoundError.
    """
    company_id = id_of(session, CompanyTable, "company", company)
    row = session.get(AccountManagerTable, company_id)
    if email is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(AccountManagerTable(company_id=company_id, person_id=person_by_email(session, email).id))
    else:
        row.person_id = person_by_email(session, email).id
    session.flush()


def account_manager_id(session: ReadSession, company_id: int | None) -> int | None:
    """The person who looks after a company, if there is one."""
    mine = AccountManagerTable.company_id == company_id
    return session.scalar(select(AccountManagerTable.person_id).where(mine))


def upsert_agent(session: WriteSession, new: NewAgent) -> Agent:
    """Make a person an agent or update the agent; presence is left alone.

    Raises PersonNotFoundError, UnknownSlugError.
    """
    person_id = person_by_email(session, new.email).id
    team_id = id_of(session, TeamTable, "team", new.team)
    row = session.scalar(select(AgentTable).where(AgentTable.person_id == person_id))
    if row is None:
        row = AgentTable(person_id=person_id, presence=Presence.OFFLINE)
        session.add(row)
    row.role, row.capacity, row.team_id = new.role, new.capacity, team_id
    row.languages, row.skills = list(new.languages), list(new.skills)
    session.flush()
    return agent(session, row.id)


def agent_of_person(session: ReadSession, person_id: int) -> Agent | None:
    """The agent a person is, if any."""
    found: Sequence[Agent] = agents(session, AgentTable.person_id == person_id)
    return found[0] if found else None
