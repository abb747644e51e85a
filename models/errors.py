"""What can go wrong between us and a model."""

from foundation.errors import DomainError


class UnknownModelError(DomainError):
    """The spec names no model we know; the message says what we do know and the nearest match."""

    status, code = 422, "unknown_model"


class ModelNotInstalledError(DomainError):
    """The runtime of this model is an optional extra that is not installed."""

    status, code = 503, "model_not_installed"

    def __init__(self, spec: str, extra: str) -> None:
        super().__init__(
            f"{spec} needs the optional packages of the {extra!r} extra: pip install 'jieda[{extra}]'"
        )
        self.spec = spec
        self.extra = extra


class ModelUnavailableError(DomainError):
    """The model exists but does not answer: unreachable, too slow, or it refused."""

    status, code = 503, "model_unavailable"

    def __init__(self, spec: str, reason: str) -> None:
        super().__init__(f"{spec} does not answer: {reason}")
        self.spec = spec
        self.reason = reason
