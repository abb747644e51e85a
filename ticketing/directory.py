"""The directory: companies, tiers, people, teams and agents; who a viewer is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, or_, select

from foundation import clock, live
from foundation.access import Role, Viewer
from foundation.db import ReadSession, WriteSession
from ticketing.directory_types import (
    Agent,
    Company,
    NewAgent,
    NewCompany,
    NewPerson,
    NewTier,
    Person,
    PersonRef,
    Presence,
    Team,
    Tier,
    Words,
)
from ticketing.errors import AgentNotFoundError, PersonNotFoundError, UnknownSlugError
from ticketing.tables import (
    AccountManagerTable,
    AgentTable,
    CompanyTable,
    PersonTable,
    TeamTable,
    TierTable,
)


def normal_email(email: str) -> str:
    """An address as it is stored and compared."""
    return email.strip().lower()


# Viewers


def viewer_by_email(session: ReadSession, email: str) -> Viewer:
    """The viewer an active person is. Raises PersonNotFoundError."""
    return _viewer(session, PersonTable.email == normal_email(email), email)


def viewer_by_person(session: ReadSession, person_id: int) -> Viewer:
    """The viewer an active person is. Raises PersonNotFoundError."""
    return _viewer(session, PersonTable.id == person_id, person_id)


def _viewer(session: ReadSession, condition: Any, who: str | int) -> Viewer:
    statement = (
        select(PersonTable, CompanyTable.slug, TierTable.slug, AgentTable)
        .outerjoin(CompanyTable, CompanyTable.id == PersonTable.company_id)
        .outerjoin(TierTable, TierTable.id == CompanyTable.tier_id)
        .outerjoin(AgentTable, AgentTable.person_id == PersonTable.id)
        .where(condition, PersonTable.is_active)
    )
    found = session.execute(statement).one_or_none()
    if found is None:
        raise PersonNotFoundError(who)
    person, company, tier, agent = found
    return Viewer(
        person_id=person.id,
        email=person.email,
        name=person.name,
        company=company,
        department=person.department,
        tier=tier,
        role=Role(agent.role) if agent else None,
        agent_id=agent.id if agent else None,
        locale=person.locale,
    )


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
    )


def teams(session: ReadSession) -> list[Team]:
    rows = session.scalars(select(TeamTable).order_by(TeamTable.id))
    return [Team(id=row.id, slug=row.slug, name=row.name) for row in rows]


def companies(session: ReadSession) -> list[Company]:
    """All companies by slug, with the number of their active people."""
    counts = (
        select(PersonTable.company_id, func.count().label("people"))
        .where(PersonTable.is_active)
        .group_by(PersonTable.company_id)
        .subquery()
    )
    statement = (
        select(CompanyTable, TierTable.slug, PersonTable, counts.c.people)
        .outerjoin(TierTable, TierTable.id == CompanyTable.tier_id)
        .outerjoin(AccountManagerTable, AccountManagerTable.company_id == CompanyTable.id)
        .outerjoin(PersonTable, PersonTable.id == AccountManagerTable.person_id)
        .outerjoin(counts, counts.c.company_id == CompanyTable.id)
        .order_by(CompanyTable.slug)
    )
    return [
        Company(
            id=row.id,
            slug=row.slug,
            name=row.name,
            tier=tier,
            account_manager=PersonRef(manager.id, manager.name, manager.email) if manager else None,
            people=people or 0,
            contract=row.contract,
            attributes=row.attributes,
        )
        for row, tier, manager, people in session.execute(statement)
    ]


def _people(*conditions: Any) -> Select[Any, Any, Any, Any]:
    return (
        select(PersonTable, CompanyTable.slug, CompanyTable.name, TierTable.slug)
        .outerjoin(CompanyTable, CompanyTable.id == PersonTable.company_id)
        .outerjoin(TierTable, TierTable.id == CompanyTable.tier_id)
        .where(*conditions)
        .order_by(PersonTable.id)
    )


def _to_people(session: ReadSession, statement: Select[Any, Any, Any, Any]) -> list[Person]:
    return [
        Person(
            id=row.id,
            email=row.email,
            name=row.name,
            locale=row.locale,
            company=company,
            company_name=company_name,
            tier=tier,
            department=row.department,
            title=row.title,
            is_active=row.is_active,
        )
        for row, company, company_name, tier in session.execute(statement)
    ]


def people(
    session: ReadSession,
    *,
    company: str | None = None,
    q: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[Person], int]:
    """One page of the people of a company, or of all, and how many there are."""
    conditions: list[Any] = []
    if company:
        conditions.append(CompanyTable.slug == company)
    if q:
        conditions.append(
            or_(
                PersonTable.name.icontains(q, autoescape=True),
                PersonTable.email.icontains(q, autoescape=True),
            )
        )
    statement = _people(*conditions)
    total = session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    return _to_people(session, statement.limit(limit).offset(offset)), total


def person(session: ReadSession, person_id: int) -> Person:
    """One person, active or not. Raises PersonNotFoundError."""
    found = _to_people(session, _people(PersonTable.id == person_id))
    if not found:
        raise PersonNotFoundError(person_id)
    return found[0]


def person_by_email(session: ReadSession, email: str) -> Person:
    """One person, active or not. Raises PersonNotFoundError."""
    found = _to_people(session, _people(PersonTable.email == normal_email(email)))
    if not found:
        raise PersonNotFoundError(email)
    return found[0]


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
        email=who.email,
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


def id_of(session: ReadSession, table: Any, kind: str, slug: str | None) -> int | None:
    """The id of a row by its slug; None for None. Raises UnknownSlugError."""
    if slug is None:
        return None
    found: int | None = session.scalar(select(table.id).where(table.slug == slug))
    if found is None:
        raise UnknownSlugError(kind, slug)
    return found


def upsert_tier(session: WriteSession, new: NewTier) -> Tier:
    row = session.scalar(select(TierTable).where(TierTable.slug == new.slug))
    if row is None:
        row = TierTable(slug=new.slug)
        session.add(row)
    row.name, row.rank = dict(new.name), new.rank
    row.bot_bypass, row.notifies_manager = new.bot_bypass, new.notifies_manager
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


def upsert_company(session: WriteSession, new: NewCompany) -> int:
    """Make or update a company; returns its id.

    The tier of a company that exists is left as it is, because its open tickets must be promised anew:
    see `ticketing.service.set_company_tier`. Raises UnknownSlugError.
    """
    row = session.scalar(select(CompanyTable).where(CompanyTable.slug == new.slug))
    if row is None:
        row = CompanyTable(slug=new.slug, tier_id=id_of(session, TierTable, "tier", new.tier))
        session.add(row)
    row.name, row.contract, row.attributes = dict(new.name), dict(new.contract), dict(new.attributes)
    session.flush()
    return row.id


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


def upsert_person(session: WriteSession, new: NewPerson) -> Person:
    """Make or update a person, known by the e-mail address. Raises UnknownSlugError."""
    email = normal_email(new.email)
    company_id = id_of(session, CompanyTable, "company", new.company)
    row = session.scalar(select(PersonTable).where(PersonTable.email == email))
    if row is None:
        row = PersonTable(email=email, created_at=clock.now())
        session.add(row)
    row.name, row.locale, row.is_active = new.name, new.locale, new.is_active
    row.company_id, row.department, row.title = company_id, new.department, new.title
    session.flush()
    return person(session, row.id)


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
