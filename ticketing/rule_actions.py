"""What rules do. Each action happens whole or not at all; what refuses it is told in words and a code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

import kb.service as kb
from foundation import events
from foundation.access import ANONYMOUS, Role, Viewer
from foundation.db import ReadSession, WriteSession
from foundation.settings import get_settings
from kb.errors import ArticleNotFoundError
from ticketing import (
    assignment,
    clocks,
    directory,
    messages,
    moves,
    notifications,
    opening,
    repository,
    resolving,
    surveys,
    webhooks,
)
from ticketing.errors import RuleActionError
from ticketing.events import TicketReplied
from ticketing.rule_specs import filled
from ticketing.rule_types import Action, Do, Occurrence
from ticketing.tables import AgentTable, CompanyTable, PersonTable, TicketTable, TierTable
from ticketing.types import MessageRole, NewMessage, NewTicket, Priority, TicketChange, Visibility


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What an action acts on, and in whose name."""

    rule_id: int
    actor: Viewer  # the rule, as the history names it
    occurrence: Occurrence
    facts: Mapping[str, Any]
    ticket: TicketTable | None  # locked


def perform(session: WriteSession, action: Action, scene: Scene, *, position: int) -> str:
    """Do one thing and say what was done. Raises DomainError for what refuses it."""
    return _DEEDS[action.do](session, action.options, scene, position)


def _ticket(scene: Scene) -> TicketTable:
    if scene.ticket is None:
        raise RuleActionError("no_ticket", "there is no ticket to act on")
    return scene.ticket


def _set(session: WriteSession, options: Mapping[str, Any], scene: Scene, _position: int) -> str:
    wanted = TicketChange(
        state=options.get("state"),
        priority=Priority(options["priority"]) if options.get("priority") else None,
        queue=options.get("queue"),
    )
    resolving.apply(session, _ticket(scene), wanted, scene.actor)
    return ", ".join(f"{name}: {value}" for name, value in options.items())


def _assign(session: WriteSession, options: Mapping[str, Any], scene: Scene, _position: int) -> str:
    ticket = _ticket(scene)
    agent_id = _agent(session, options["to"], scene)
    if ticket.assignee_id != agent_id:
        assignment.set_assignee(session, ticket, agent_id, scene.actor)
    return str(options["to"])


def _agent(session: ReadSession, to: str, scene: Scene) -> int | None:
    """The agent that an assignment means; None for nobody. Raises RuleActionError."""
    if to == "nobody":
        return None
    if to == "assignee":
        return scene.ticket.assignee_id if scene.ticket else None
    if to == "manager":
        found = _managers(session)
    else:
        person_id = _account_manager(session, scene) if to == "account_manager" else _staff(session, to)
        found = [person_id] if person_id is not None else []
    agents = [agent for one in found if (agent := directory.agent_of_person(session, one)) is not None]
    if not agents:
        raise RuleActionError("nobody_found", f"nobody at the desk is meant by {to}")
    return agents[0].id


def _managers(session: ReadSession) -> list[int]:
    wanted = AgentTable.role == Role.MANAGER, PersonTable.is_active
    statement = select(PersonTable.id).join(AgentTable, AgentTable.person_id == PersonTable.id).where(*wanted)
    return list(session.scalars(statement.order_by(AgentTable.id)))


def _staff(session: ReadSession, email: str) -> int | None:
    """The person of an address, if he or she works here: rules tell customers nothing by notification."""
    mine = PersonTable.email == directory.normal_email(email), PersonTable.is_active
    statement = select(PersonTable.id).join(AgentTable, AgentTable.person_id == PersonTable.id)
    return session.scalar(statement.where(*mine))


def _account_manager(session: ReadSession, scene: Scene) -> int | None:
    email = scene.facts.get("company.account_manager")
    return _staff(session, str(email)) if email else None


def _notify(session: WriteSession, options: Mapping[str, Any], scene: Scene, _position: int) -> str:
    people = dict.fromkeys(one for to in options["to"] for one in _people(session, to, scene))
    if not people:
        raise RuleActionError("nobody_found", f"nobody at the desk is meant by {', '.join(options['to'])}")
    words = _words(options["text"], scene)
    for person_id in people:
        notifications.notify(
            session,
            person_id,
            "rule",
            ticket_id=scene.ticket.id if scene.ticket else None,
            rule_id=scene.rule_id,
            text=words,
            subject=scene.occurrence.subject,
        )
    return f"{len(people)} × {', '.join(options['to'])}"


def _people(session: ReadSession, to: str, scene: Scene) -> Iterable[int]:
    if to == "managers":
        return _managers(session)
    if to == "assignee":
        agent_id = scene.ticket.assignee_id if scene.ticket else None
        agent = session.get(AgentTable, agent_id) if agent_id else None
        return [agent.person_id] if agent else []
    person_id = _account_manager(session, scene) if to == "account_manager" else _staff(session, to)
    return [person_id] if person_id is not None else []


def _words(texts: Mapping[str, str], scene: Scene) -> dict[str, str]:
    return {lang: filled(text, _values(scene, lang)) for lang, text in texts.items()}


def _values(scene: Scene, lang: str) -> dict[str, Any]:
    facts, ticket = scene.facts, scene.ticket
    company = facts.get("company.name") or {}
    link = get_settings().link(f"/portal/tickets/{ticket.id}") if ticket is not None else None
    days = facts.get("event.days")
    return {
        "number": repository.number(ticket.id) if ticket is not None else None,
        "subject": ticket.subject if ticket is not None else None,
        "customer": facts.get("person.name"),
        "company": company.get(lang) or facts.get("company.slug"),
        "product": facts.get("product.code"),
        "batch": facts.get("product.batch"),
        "rating": facts.get("event.rating"),
        "comment": facts.get("event.comment"),
        "days": int(days) if isinstance(days, int | float) and days >= 1 else days,
        "agent": facts.get("ticket.assignee"),
        "repairs": facts.get("product.repairs"),
        "repairs_before": facts.get("product.repairs_before"),
        "ticket_link": link,
        "survey_link": link,
    }


def _task(session: WriteSession, options: Mapping[str, Any], scene: Scene, position: int) -> str:
    """An internal ticket: it has no requester, so that no customer sees it, but it keeps the tier's promise."""
    source = scene.ticket
    language = source.language if source is not None else "zh"
    subject, text = _words(options["subject"], scene), _words(options["text"], scene)
    key = f"rule:{scene.rule_id}:{position}:{scene.occurrence.key}"
    new = NewTicket(
        subject=subject[language if language in subject else "en"][:300],
        language=language,
        kind=options["kind"],
        priority=Priority(options.get("priority", Priority.NORMAL)),
        product=scene.facts.get("product.code"),
        idempotency_key=key,
    )
    task = repository.lock(session, opening.open_once(session, new))
    tier = scene.facts.get("company.tier")
    task.tier_id = session.scalar(select(TierTable.id).where(TierTable.slug == tier)) if tier else None
    if options.get("queue"):
        resolving.apply(session, task, TicketChange(queue=options["queue"]), scene.actor)
    _note_on(session, task, _origin(scene, text[language if language in text else "en"]), scene)
    if options.get("to"):
        agent_id = _agent(session, options["to"], scene)
        if agent_id is not None:
            assignment.set_assignee(session, task, agent_id, scene.actor)
    clocks.plan(session, task)
    clocks.sync(session, task)
    return repository.number(task.id)


def _origin(scene: Scene, text: str) -> str:
    source = scene.ticket
    about = (
        f"{repository.number(source.id)} {source.subject}" if source is not None else scene.occurrence.subject
    )
    return f"{text}\n\n↪ {about}".strip()


def _note(session: WriteSession, options: Mapping[str, Any], scene: Scene, _position: int) -> str:
    ticket = _ticket(scene)
    _note_on(session, ticket, _in_language(ticket, _words(options["text"], scene)), scene)
    return "note"


def _in_language(ticket: TicketTable, words: Mapping[str, str]) -> str:
    return words["zh" if ticket.language.startswith("zh") else "en"]


def _note_on(session: WriteSession, ticket: TicketTable, text: str, scene: Scene) -> None:
    said = NewMessage(role=MessageRole.SYSTEM, text=text, author_name=scene.actor.name)
    note = messages.write(session, ticket, said, None, visibility=Visibility.INTERNAL)
    moves.tell(session, ticket, "turn", message_id=note.id, visibility=note.visibility)


def _message(session: WriteSession, options: Mapping[str, Any], scene: Scene, _position: int) -> str:
    ticket = _ticket(scene)
    _say(session, ticket, _in_language(ticket, _words(options["text"], scene)))
    return "message"


def _say(
    session: WriteSession, ticket: TicketTable, text: str, citations: tuple[dict[str, Any], ...] = ()
) -> None:
    said = NewMessage(role=MessageRole.SYSTEM, text=text, citations=citations)
    message = messages.write(session, ticket, said, None)
    moves.tell(session, ticket, "turn", message_id=message.id, visibility=message.visibility)
    news = TicketReplied(
        ticket_id=ticket.id, conversation_id=ticket.conversation_id, message=message, by_conversation=False
    )
    events.publish(session, news)


def _survey(session: WriteSession, options: Mapping[str, Any], scene: Scene, _position: int) -> str:
    ticket = _ticket(scene)
    if ticket.requester_id is None:
        raise RuleActionError("no_customer", "only a customer who can sign in can follow the link")
    asked = surveys.last_survey(session, ticket.id)
    if asked is None:
        asked = surveys.ask(session, ticket)
    if asked.rating is not None:
        raise RuleActionError("already_rated", "this resolution has been rated already")
    _say(session, ticket, _in_language(ticket, _words(options["text"], scene)))
    return f"survey {asked.id}"


def _article(session: WriteSession, options: Mapping[str, Any], scene: Scene, _position: int) -> str:
    ticket = _ticket(scene)
    try:
        found = [kb.article(session, viewer, options["article"]) for viewer in readers(session, ticket)]
    except ArticleNotFoundError as error:
        raise RuleActionError(
            "not_readable", "not everybody who sees the ticket may read the article"
        ) from error
    article = found[0]
    words = _in_language(ticket, _words(options["text"], scene))
    text = f"{words}\n{article.title} – {get_settings().link(f'/portal/articles/{article.id}')}".strip()
    _say(session, ticket, text)
    return article.title


def readers(session: ReadSession, ticket: TicketTable) -> list[Viewer]:
    """The least that anybody who can see the ticket may be: what all of them may read leaks to none.

    A ticket of a company is seen by all its people, of whatever department; one that a secret link follows,
    by whoever holds the link.
    """
    if ticket.requester_id is None or ticket.token_hash is not None:
        return [ANONYMOUS]
    seen_by = [directory.person(session, ticket.requester_id)]
    viewers = [
        Viewer(person_id=one.id, company=one.company, tier=one.tier, department=one.department)
        for one in seen_by
    ]
    company = session.get(CompanyTable, ticket.company_id) if ticket.company_id else None
    if company is not None:
        tier = session.get(TierTable, company.tier_id) if company.tier_id else None
        viewers.append(Viewer(person_id=0, company=company.slug, tier=tier.slug if tier else None))
    return viewers


def _webhook(session: WriteSession, options: Mapping[str, Any], scene: Scene, position: int) -> str:
    ticket = scene.ticket
    body = {
        "rule_id": scene.rule_id,
        "trigger": str(scene.occurrence.when),
        "at": scene.occurrence.at.isoformat(),
        "subject": scene.occurrence.subject,
        "ticket": repository.number(ticket.id) if ticket is not None else None,
        "facts": {name: value for name, value in scene.facts.items() if value is not None},
    }
    key = f"rule:{scene.rule_id}:{position}:{scene.occurrence.key}"
    delivery = webhooks.send(session, options["webhook"], "rule.matched", key, body)
    return f"delivery {delivery}"


_Deed = Callable[[WriteSession, Mapping[str, Any], Scene, int], str]
_DEEDS: dict[Do, _Deed] = {
    Do.SET: _set,
    Do.ASSIGN: _assign,
    Do.NOTIFY: _notify,
    Do.TASK: _task,
    Do.NOTE: _note,
    Do.MESSAGE: _message,
    Do.SURVEY: _survey,
    Do.ARTICLE: _article,
    Do.WEBHOOK: _webhook,
}
