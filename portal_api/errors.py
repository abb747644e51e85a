"""What the front hall itself refuses."""

from __future__ import annotations

from foundation.errors import DomainError, ForbiddenError, SignInRequiredError


class WrongLoginError(SignInRequiredError):
    """E-mail and password do not fit; which of the two is wrong is not told."""

    code = "wrong_login"

    def __init__(self) -> None:
        super().__init__("this e-mail address and password do not fit together")


class TooManyAttemptsError(DomainError):
    """Too many calls in a short time; wait and try again."""

    status, code = 429, "too_many_attempts"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too many attempts; try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class TooManyTurnsError(DomainError):
    """This visitor says more in a minute than a person can; wait and try again."""

    status, code = 429, "too_many_turns"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too many messages; try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class CsrfError(ForbiddenError):
    """A change asked for by cookie must carry the page's own token."""

    code = "csrf_token_missing"

    def __init__(self) -> None:
        super().__init__("send the csrf_token of /api/v1/auth/me as the header X-CSRF-Token")


class RoleRequiredError(ForbiddenError):
    """Only staff with a certain role may do this."""

    code = "role_required"

    def __init__(self, role: str) -> None:
        super().__init__(f"only staff with the role {role} may do this")
        self.role = role


class UploadTooLargeError(DomainError):
    """The upload is larger than this server takes."""

    status, code = 413, "too_large"

    def __init__(self, limit_mb: int) -> None:
        super().__init__(f"an upload may have at most {limit_mb} MB")
        self.limit_mb = limit_mb


class RequestTooLargeError(DomainError):
    """The request is larger than this server takes."""

    status, code = 413, "too_large"

    def __init__(self, limit_mb: int) -> None:
        super().__init__(f"a request may have at most {limit_mb} MB")
        self.limit_mb = limit_mb
