"""Building blocks of what people write down for the desk: names, texts in both languages, faults at their places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from ticketing.directory_types import Words

_T = TypeVar("_T")
_MAX_FAULTS = 50
_TEXT_CHARS = 2000
_LABEL_CHARS = 120

STRICT = ConfigDict(extra="forbid")  # a key that nobody reads is a slip of the pen, and said so

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]


def _written(value: Any) -> Any:
    """One text stands for both languages."""
    return {"zh": value, "en": value} if isinstance(value, str) else value


def _words(most: int) -> Callable[[dict[str, str]], Words]:
    def check(value: dict[str, str]) -> Words:
        if unknown := set(value) - {"zh", "en"}:
            raise ValueError(f"texts are in zh and en, not in {', '.join(sorted(unknown))[:50]}")
        found = {language: text.strip() for language, text in value.items() if text.strip()}
        if not found:
            raise ValueError("a text is needed")
        if any(len(text) > most for text in found.values()):
            raise ValueError(f"at most {most} characters")
        either = next(iter(found.values()))
        return {language: found.get(language, either) for language in ("zh", "en")}

    return check


# A text in zh and en; where one language is missing the other stands for it.
Label = Annotated[Words, BeforeValidator(_written), AfterValidator(_words(_LABEL_CHARS))]
Text = Annotated[Words, BeforeValidator(_written), AfterValidator(_words(_TEXT_CHARS))]


class FaultyError(ValueError):
    """Something written cannot be read; `faults` has every place with what is wrong there."""

    def __init__(self, faults: list[dict[str, str]]) -> None:
        super().__init__("; ".join(f"{one['path']}: {one['message']}" for one in faults))
        self.faults = faults


def read(kind: TypeAdapter[_T], written: Mapping[str, Any]) -> _T:
    """Read what was written as plain JSON or YAML. Raises FaultyError."""
    try:
        return kind.validate_python(written)
    except ValidationError as error:
        faults = [
            {"path": ".".join(map(str, one["loc"])), "message": one["msg"].removeprefix("Value error, ")}
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise FaultyError(faults[:_MAX_FAULTS]) from error
