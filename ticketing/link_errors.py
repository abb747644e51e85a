"""What links between tickets refuse."""

from __future__ import annotations

from foundation.errors import ConflictError, NotFoundError


class LinkRefusedError(ConflictError):
    """These tickets cannot be linked like this: one and the same, another company's, or a circle of parts."""

    code = "link_refused"

    def __init__(self, ticket_id: int, other_id: int, reason: str) -> None:
        super().__init__(f"ticket {ticket_id} cannot be linked to ticket {other_id}: {reason}")
        self.ticket_id, self.other_id, self.reason = ticket_id, other_id, reason


class LinkNotFoundError(NotFoundError):
    """These tickets are not linked like this."""

    code = "link_not_found"

    def __init__(self, ticket_id: int, other_id: int) -> None:
        super().__init__(f"ticket {ticket_id} is not linked to ticket {other_id} like this")
        self.ticket_id, self.other_id = ticket_id, other_id


class ChildrenOpenError(ConflictError):
    """A ticket is solved after its parts; `open` names those that are not done."""

    code = "children_open"

    def __init__(self, ticket_id: int, still_open: list[str]) -> None:
        super().__init__(f"ticket {ticket_id} has parts that are not done: {', '.join(still_open)}")
        self.ticket_id, self.open = ticket_id, still_open


class NotClosedError(ConflictError):
    """Only a closed ticket has a follow-up; an open one simply takes a reply."""

    code = "not_closed"

    def __init__(self, ticket_id: int) -> None:
        super().__init__(f"ticket {ticket_id} is not closed; reply to it instead")
        self.ticket_id = ticket_id


class SplitRefusedError(ConflictError):
    """Only messages of the ticket itself can be split off, and never from a merged one."""

    code = "split_refused"

    def __init__(self, ticket_id: int) -> None:
        super().__init__(f"these messages cannot be split off ticket {ticket_id}")
        self.ticket_id = ticket_id
