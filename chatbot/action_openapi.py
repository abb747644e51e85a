"""Requests built from a system's OpenAPI document, and its answers checked against it.

Everything sent is validated against the document's schemas first, so a wrong value is our refusal and not
the vendor's crash; everything received is validated too, so nonsense is not read out to a customer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError

from chatbot.action_specs import ActionSpec, System
from chatbot.errors import BadActionError

Json = dict[str, Any]
_METHODS = ("get", "put", "post", "delete", "patch")
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_SAFE_METHODS = frozenset({"GET"})


class ArgumentsRefusedError(ValueError):
    """Arguments that the operation's schemas do not allow; `name` is the parameter, or `body`."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of a document, found by its id."""

    method: str
    path: str
    parameters: tuple[Json, ...]
    body: Json | None  # schema
    is_body_required: bool
    responses: Mapping[str, Any]
    document: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ReadyRequest:
    """What goes over the wire; `path` is encoded and begins with a slash."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def changes(self) -> bool:
        """Whether the system may have changed something when we get no answer."""
        return self.method not in _SAFE_METHODS


def operation(system: System, operation_id: str) -> Operation:
    """The operation of this id. Raises BadActionError."""
    for path, item in (system.openapi.get("paths") or {}).items():
        for method in _METHODS:
            found = item.get(method)
            if found and found.get("operationId") == operation_id:
                return _operation(system.openapi, path, method, item, found)
    raise BadActionError(system.slug, f"the OpenAPI document has no operation {operation_id!r}")


def _operation(document: Mapping[str, Any], path: str, method: str, item: Json, found: Json) -> Operation:
    listed = [
        _target(document, one) for one in (*(item.get("parameters") or ()), *(found.get("parameters") or ()))
    ]
    body = _target(document, found.get("requestBody") or {})
    return Operation(
        method=method.upper(),
        path=path,
        parameters=tuple({(one["name"], one["in"]): one for one in listed}.values()),
        body=_json_schema(body),
        is_body_required=bool(body.get("required")),
        responses=found.get("responses") or {},
        document=document,
    )


def _target(document: Mapping[str, Any], value: Json) -> Json:
    """What a local reference points to."""
    reference = value.get("$ref")
    if reference is None:
        return value
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return _target(document, found)


def _json_schema(holder: Json) -> Json | None:
    content = holder.get("content") or {}
    return next((one.get("schema") for kind, one in content.items() if "json" in kind), None)


def check_call(system: System, action: ActionSpec) -> None:
    """Whether the action gives its operation what it wants and nothing it does not know. Raises BadActionError."""
    called = operation(system, action.call.operation)
    known = {one["name"]: one for one in called.parameters}
    wanted = {name for name, one in known.items() if one.get("required") or one["in"] == "path"}
    given = set(action.call.parameters)
    problems = [f"{called.path} has no parameter {name!r}" for name in sorted(given - set(known))]
    problems += [f"parameter {name!r} is required" for name in sorted(wanted - given)]
    problems += [
        f"{called.path} does not describe {name!r}"
        for name in sorted(set(_PLACEHOLDER.findall(called.path)) - set(known))
    ]
    if action.call.body is None and called.is_body_required:
        problems.append(f"{called.path} wants a body")
    if action.call.body is not None and called.body is None:
        problems.append(f"{called.path} takes no body")
    if problems:
        raise BadActionError(system.slug, f"{action.name}: {'; '.join(problems)}")
    try:
        for schema in [one.get("schema") or {} for one in called.parameters] + [called.body or {}]:
            Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise BadActionError(system.slug, f"{called.path}: {error.message}") from error


def build(called: Operation, parameters: Mapping[str, Any], body: Any) -> ReadyRequest:
    """The request for these arguments; None stands for one that is not given.

    Raises ArgumentsRefusedError for what the document does not allow.
    """
    path, query, headers = called.path, {}, {}
    for one in called.parameters:
        name, value = one["name"], parameters.get(one["name"])
        if value is None:
            if one.get("required") or one["in"] == "path":
                raise ArgumentsRefusedError(name, "is required")
            continue
        _check(called.document, one.get("schema") or {}, value, name)
        if one["in"] == "path":
            path = path.replace(f"{{{name}}}", _segment(name, value))
        elif one["in"] == "query":
            query[name] = _plain(value)
        elif one["in"] == "header":
            headers[name] = _plain(value)
    if body is not None or called.is_body_required:
        _check(called.document, called.body or {}, body, "body")
    return ReadyRequest(method=called.method, path=path, query=query, headers=headers, body=body)


def _segment(name: str, value: Any) -> str:
    """One segment of a path, whatever the customer wrote: it cannot leave its place."""
    plain = _plain(value)
    if not plain or plain.strip(".") == "":
        raise ArgumentsRefusedError(name, "cannot stand in a path")
    return quote(plain, safe="")


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check(document: Mapping[str, Any], schema: Json, value: Any, name: str) -> None:
    try:
        _validator(document, schema).validate(value)
    except ValidationError as error:
        raise ArgumentsRefusedError(name, error.message[:300]) from error


def _validator(document: Mapping[str, Any], schema: Json) -> Draft202012Validator:
    # The document's components go along, so that "#/components/…" is found from the schema's own root.
    return Draft202012Validator({**schema, "components": document.get("components") or {}})


def answer_fits(called: Operation, status: int, answer: Any) -> bool:
    """Whether an answer is one the document describes for this status; where it describes none, any object is."""
    described = called.responses.get(str(status)) or called.responses.get("default")
    schema = _json_schema(_target(called.document, described or {}))
    if schema is None:
        return isinstance(answer, dict)
    return _validator(called.document, schema).is_valid(answer)
