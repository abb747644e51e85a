"""What macros refuse."""

from __future__ import annotations

from foundation.errors import InvalidInputError, NotFoundError


class MacroNotFoundError(NotFoundError):
    """No such macro, or it is a colleague's own."""

    code = "macro_not_found"

    def __init__(self, macro_id: int) -> None:
        super().__init__(f"there is no macro {macro_id}")
        self.macro_id = macro_id


class MacroInvalidError(InvalidInputError):
    """A macro that could never be used; `field` says what is wrong."""

    code = "macro_invalid"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason
