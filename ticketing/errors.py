"""What the service desk refuses."""

from __future__ import annotations

from typing import Any

from foundation.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError


class PersonNotFoundError(NotFoundError):
    """Nobody active is known by this."""

    code = "person_not_found"

    def __init__(self, who: str | int) -> None:
        super().__init__(f"there is no person {who}")
        self.who = who


class UnknownSlugError(InvalidInputError):
    """A name of the desk's set-up (tier, company, team, queue, calendar, status, form) that is not there."""

    code = "unknown_slug"

    def __init__(self, kind: str, slug: str) -> None:
        super().__init__(f"there is no {kind} {slug!r}")
        self.kind, self.slug = kind, slug


class AgentNotFoundError(NotFoundError):
    """No such agent."""

    code = "agent_not_found"

    def __init__(self, agent_id: int) -> None:
        super().__init__(f"there is no agent {agent_id}")
        self.agent_id = agent_id


class FormNotFoundError(NotFoundError):
    """No such form."""

    code = "form_not_found"

    def __init__(self, slug: str) -> None:
        super().__init__(f"there is no form {slug!r}")
        self.slug = slug


class BadFormError(InvalidInputError):
    """The definition of a form contradicts itself; `faults` names every place and what is wrong there."""

    code = "bad_form"

    def __init__(self, slug: str, faults: list[dict[str, str]]) -> None:
        told = "; ".join(f"{one['path']}: {one['message']}" for one in faults)
        super().__init__(f"form {slug!r}: {told}"[:2000])
        self.slug, self.faults = slug, faults


class FormConflictError(ConflictError):
    """The form has been edited since the caller looked, or its slug is taken; `version` is the current one."""

    code = "form_conflict"

    def __init__(self, slug: str, version: int) -> None:
        super().__init__(f"form {slug!r} has been edited; it is at version {version} now")
        self.slug, self.version = slug, version


class FormInvalidError(InvalidInputError):
    """The values given break the form's rules."""

    code = "form_invalid"

    def __init__(self, slug: str, errors: dict[str, Any]) -> None:
        super().__init__(f"form {slug!r} is not filled in correctly: {', '.join(errors)}")
        self.slug, self.errors_by_field = slug, errors


class BadCalendarError(InvalidInputError):
    """A working calendar that cannot be read or never works."""

    code = "bad_calendar"

    def __init__(self, slug: str, reason: str) -> None:
        super().__init__(f"calendar {slug!r}: {reason}")
        self.slug, self.reason = slug, reason


class AgentRequiredError(ForbiddenError):
    """Only an agent of the desk may do this."""

    code = "agent_required"

    def __init__(self) -> None:
        super().__init__("only an agent of the desk may do this")


class TicketNotFoundError(NotFoundError):
    """No such ticket, or this viewer may not see it; the two look the same on purpose."""

    code = "ticket_not_found"

    def __init__(self, ticket_id: int) -> None:
        super().__init__(f"there is no ticket {ticket_id}")
        self.ticket_id = ticket_id


class TicketClosedError(ConflictError):
    """A closed ticket takes no reply; open a new one instead."""

    code = "ticket_closed"

    def __init__(self, ticket_id: int) -> None:
        super().__init__(f"ticket {ticket_id} is closed")
        self.ticket_id = ticket_id


class TicketTakenError(ConflictError):
    """A colleague was faster."""

    code = "ticket_taken"

    def __init__(self, ticket_id: int, assignee_id: int, assignee_name: str, version: int) -> None:
        super().__init__(f"ticket {ticket_id} is {assignee_name}'s")
        self.ticket_id, self.version = ticket_id, version
        self.assignee = {"id": assignee_id, "name": assignee_name}


class VersionConflictError(ConflictError):
    """The ticket has changed since the caller looked; `version` is the current one."""

    code = "version_conflict"

    def __init__(self, ticket_id: int, version: int) -> None:
        super().__init__(f"ticket {ticket_id} has changed; it is at version {version} now")
        self.ticket_id, self.version = ticket_id, version


class MoveNotAllowedError(ConflictError):
    """A ticket in this state cannot go to that one."""

    code = "move_not_allowed"

    def __init__(self, ticket_id: int, before: str, after: str, allowed: list[str]) -> None:
        super().__init__(f"a ticket that is {before} cannot become {after}")
        self.ticket_id, self.before, self.after, self.allowed = ticket_id, before, after, allowed


class MergeRefusedError(ConflictError):
    """A ticket can be merged into another open one of the same company."""

    code = "merge_refused"

    def __init__(self, ticket_id: int, into_id: int) -> None:
        super().__init__(f"ticket {ticket_id} cannot be merged into ticket {into_id}")
        self.ticket_id, self.into_id = ticket_id, into_id


class RepeatedKeyError(ConflictError):
    """This idempotency key belongs to another requester's ticket."""

    code = "idempotency_conflict"

    def __init__(self) -> None:
        super().__init__("this key was used for another requester's ticket")


class SurveyNotAskedError(ConflictError):
    """A rating comes after a resolution."""

    code = "survey_not_asked"

    def __init__(self, ticket_id: int) -> None:
        super().__init__(f"ticket {ticket_id} has not been resolved yet, so there is nothing to rate")
        self.ticket_id = ticket_id


class RatingFinalError(ConflictError):
    """A rating can be changed within a day, not later."""

    code = "rating_final"

    def __init__(self, ticket_id: int) -> None:
        super().__init__(f"the rating of ticket {ticket_id} is more than a day old and final")
        self.ticket_id = ticket_id


class RatingInvalidError(InvalidInputError):
    """A rating is a whole number from 1 to 5."""

    code = "rating_invalid"

    def __init__(self, rating: int) -> None:
        super().__init__(f"a rating is a whole number from 1 to 5, not {rating}")
        self.rating = rating


class EmptyMessageError(InvalidInputError):
    """A message needs text."""

    code = "empty_message"

    def __init__(self) -> None:
        super().__init__("a message needs text")


class RuleInvalidError(InvalidInputError):
    """A rule that cannot be read; `faults` names every place and what is wrong there."""

    code = "rule_invalid"

    def __init__(self, faults: list[dict[str, str]]) -> None:
        super().__init__("; ".join(f"{one['path']}: {one['message']}" for one in faults)[:2000])
        self.faults = faults


class NoConversationError(ConflictError):
    """A ticket that came from no conversation cannot be given back to the bot."""

    code = "no_conversation"

    def __init__(self, ticket_id: int) -> None:
        super().__init__(f"ticket {ticket_id} came from no conversation")
        self.ticket_id = ticket_id


class RuleNotFoundError(NotFoundError):
    """No such rule."""

    code = "rule_not_found"

    def __init__(self, rule_id: int) -> None:
        super().__init__(f"there is no rule {rule_id}")
        self.rule_id = rule_id


class RuleConflictError(ConflictError):
    """The rule has been edited since the caller looked; `version` is the current one."""

    code = "rule_conflict"

    def __init__(self, rule_id: int, version: int) -> None:
        super().__init__(f"rule {rule_id} has been edited; it is at version {version} now")
        self.rule_id, self.version = rule_id, version


class RuleActionError(ConflictError):
    """An action of a rule that could not be done here."""

    code = "rule_action_refused"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class WebhookNotFoundError(NotFoundError):
    """No such webhook, or it is switched off."""

    code = "webhook_not_found"

    def __init__(self, webhook_id: int) -> None:
        super().__init__(f"there is no webhook {webhook_id} that is switched on")
        self.webhook_id = webhook_id


class WebhookInvalidError(InvalidInputError):
    """An address or event that a webhook cannot have."""

    code = "webhook_invalid"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ScenarioInvalidError(InvalidInputError):
    """A scenario of a simulation that cannot be read."""

    code = "scenario_invalid"

    def __init__(self, reason: str) -> None:
        super().__init__(f"this scenario cannot be read: {reason}")
        self.reason = reason


class BadRoutingError(InvalidInputError):
    """Settings of routing that contradict themselves or name what there is not."""

    code = "bad_routing"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
