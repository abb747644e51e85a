"""What the chatbot refuses."""

from __future__ import annotations

from foundation.errors import ConflictError, InvalidInputError, NotFoundError


class ConversationNotFoundError(NotFoundError):
    """No such conversation, or this caller may not know of it; the two look the same on purpose."""

    code = "conversation_not_found"

    def __init__(self, conversation_id: str) -> None:
        super().__init__("there is no such conversation")
        self.conversation_id = conversation_id


class TurnNotFoundError(NotFoundError):
    """No such turn in this conversation, or not one that can be rated."""

    code = "turn_not_found"

    def __init__(self, turn_id: str) -> None:
        super().__init__("there is no such turn")
        self.turn_id = turn_id


class TurnRefusedError(InvalidInputError):
    """The turn is empty, too long, or names itself badly."""

    code = "turn_refused"

    def __init__(self, reason: str, *, max_chars: int | None = None) -> None:
        super().__init__(reason)
        self.max_chars = max_chars


class NothingToRateError(ConflictError):
    """No person has resolved this conversation, so there is no service to rate yet."""

    code = "nothing_to_rate"

    def __init__(self, conversation_id: str) -> None:
        super().__init__("this conversation has no resolved ticket to rate")
        self.conversation_id = conversation_id


class BadActionError(InvalidInputError):
    """The declaration of an action or of its system contradicts itself or the system's OpenAPI document."""

    code = "bad_action"

    def __init__(self, system: str, reason: str) -> None:
        super().__init__(f"actions of {system!r}: {reason}")
        self.system, self.reason = system, reason
