"""The one error tree: every refusal has a status, a stable code and a sentence for people."""

from __future__ import annotations

from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal that a caller can understand; the edge turns it into an RFC 9457 problem document."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"

    def fields(self) -> dict[str, Any]:
        """Extra members of the problem document: the ids a client needs to react."""
        return {
            key: value
            for key, value in vars(self).items()
            if not key.startswith("_") and isinstance(value, str | int | float | bool | list | dict | None)
        }


class InvalidInputError(DomainError):
    """The request cannot be understood or breaks a rule that its sender can mend."""

    status, code = 422, "invalid_input"


class NotFoundError(DomainError):
    """The thing does not exist, or this viewer may not know that it does."""

    status, code = 404, "not_found"


class SignInRequiredError(DomainError):
    """Only someone who has signed in may do this."""

    status, code = 401, "sign_in_required"


class ForbiddenError(DomainError):
    """This viewer may see the thing but may not do this with it."""

    status, code = 403, "forbidden"


class ConflictError(DomainError):
    """The thing has changed since the caller looked, or is in a state that refuses the change."""

    status, code = 409, "conflict"


class UnavailableError(DomainError):
    """A part this request needs is down; trying again later may work."""

    status, code = 503, "unavailable"
