"""Front door of workflows: listing, editing as versions, switching, ordering, and which one a ticket goes by.

Every edit is a new version and none is ever changed: a ticket keeps the version it began with.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml
from sqlalchemy import func, select

from foundation import clock
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import lifecycle, workflow_specs
from ticketing.errors import UnknownSlugError
from ticketing.tables import TicketTable, WorkflowTable, WorkflowVersionTable
from ticketing.types import State, Status
from ticketing.workflow_errors import WorkflowConflictError, WorkflowInvalidError, WorkflowNotFoundError
from ticketing.workflow_types import Workflow, WorkflowSpec, WorkflowVersion

_MAX_SLUG = 60


def workflows(session: ReadSession) -> list[Workflow]:
    """All workflows in the order in which they are tried."""
    rows = session.scalars(_alive().order_by(WorkflowTable.position, WorkflowTable.id))
    open_by_id = _open_counts(session)
    return [_to_workflow(session, row, open_by_id.get(row.id, 0)) for row in rows]


def _alive() -> Any:
    return select(WorkflowTable).where(WorkflowTable.deleted_at.is_(None))


def _open_counts(session: ReadSession) -> dict[int, int]:
    statement = (
        select(WorkflowVersionTable.workflow_id, func.count())
        .join(TicketTable, TicketTable.workflow_version_id == WorkflowVersionTable.id)
        .where(TicketTable.state.in_(lifecycle.UNFINISHED))
        .group_by(WorkflowVersionTable.workflow_id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def workflow(session: ReadSession, slug: str) -> Workflow:
    """One workflow. Raises WorkflowNotFoundError."""
    row = _row(session, slug)
    return _to_workflow(session, row, _open_counts(session).get(row.id, 0))


def _row(session: ReadSession, slug: str) -> WorkflowTable:
    row: WorkflowTable | None = session.scalar(_alive().where(WorkflowTable.slug == slug))
    if row is None:
        raise WorkflowNotFoundError(slug)
    return row


def _to_workflow(session: ReadSession, row: WorkflowTable, unfinished: int) -> Workflow:
    made = _version_row(session, row)
    return Workflow(
        id=row.id,
        slug=row.slug,
        position=row.position,
        is_enabled=row.is_enabled,
        version=row.version,
        spec=_read(made.spec),
        made_at=made.made_at,
        made_by=made.made_by,
        open=unfinished,
    )


def _version_row(session: ReadSession, row: WorkflowTable) -> WorkflowVersionTable:
    mine = WorkflowVersionTable.workflow_id == row.id, WorkflowVersionTable.version == row.version
    return session.scalars(select(WorkflowVersionTable).where(*mine)).one()


def _read(spec: Mapping[str, Any]) -> WorkflowSpec:
    return _parsed(json.dumps(spec))


@lru_cache(maxsize=128)
def _parsed(spec: str) -> WorkflowSpec:
    return workflow_specs.parse(json.loads(spec))


# Editing


def add(
    session: WriteSession,
    slug: str,
    written: Mapping[str, Any],
    *,
    actor: Viewer | None = None,
    is_enabled: bool = False,
) -> Workflow:
    """A new workflow, behind the others. Raises WorkflowInvalidError, WorkflowConflictError if the slug is taken."""
    spec = workflow_specs.parse(written)
    known = session.scalar(select(WorkflowTable).where(WorkflowTable.slug == slug))
    if known is not None and known.deleted_at is None:
        raise WorkflowConflictError(slug, known.version)
    last = session.scalar(select(func.max(WorkflowTable.position))) or 0
    row = known or WorkflowTable(slug=slug, version=0)
    row.position, row.is_enabled, row.deleted_at = last + 1, is_enabled, None
    session.add(row)
    session.flush()
    _add_version(session, row, spec, actor)
    return workflow(session, slug)


def _add_version(session: WriteSession, row: WorkflowTable, spec: WorkflowSpec, actor: Viewer | None) -> None:
    row.version += 1
    session.add(
        WorkflowVersionTable(
            workflow_id=row.id,
            version=row.version,
            spec=workflow_specs.to_json(spec),
            made_at=clock.now(),
            made_by=actor.name if actor else None,
        )
    )
    session.flush()


def edit(
    session: WriteSession,
    slug: str,
    written: Mapping[str, Any],
    *,
    actor: Viewer | None = None,
    version: int | None = None,
) -> Workflow:
    """A new version, for the tickets that open from now on; the same again changes nothing.

    Raises WorkflowNotFoundError, WorkflowInvalidError, and WorkflowConflictError if it is not at `version` any more.
    """
    row = _locked(session, slug)
    if version is not None and version != row.version:
        raise WorkflowConflictError(slug, row.version)
    spec = workflow_specs.parse(written)
    if spec != _read(_version_row(session, row).spec):
        _add_version(session, row, spec, actor)
    return workflow(session, slug)


def _locked(session: WriteSession, slug: str) -> WorkflowTable:
    row = _row(session, slug)
    statement = select(WorkflowTable).where(WorkflowTable.id == row.id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def set_enabled(session: WriteSession, slug: str, *, is_enabled: bool) -> Workflow:
    """Have new tickets go this way, or not; those on their way stay on it. Raises WorkflowNotFoundError."""
    _locked(session, slug).is_enabled = is_enabled
    session.flush()
    return workflow(session, slug)


def delete(session: WriteSession, slug: str) -> None:
    """Take a workflow away from new tickets and the list; its tickets keep it. Raises WorkflowNotFoundError."""
    row = _locked(session, slug)
    row.deleted_at, row.is_enabled = clock.now(), False
    session.flush()


def set_order(session: WriteSession, slugs: Sequence[str]) -> list[Workflow]:
    """Put these first, in this order, and the others behind them. Raises WorkflowNotFoundError."""
    known = [one.slug for one in workflows(session)]
    for slug in slugs:
        if slug not in known:
            raise WorkflowNotFoundError(slug)
    wanted = [*dict.fromkeys(slugs), *(one for one in known if one not in slugs)]
    for position, slug in enumerate(wanted, start=1):
        _row(session, slug).position = position
    session.flush()
    return workflows(session)


def versions(session: ReadSession, slug: str) -> list[WorkflowVersion]:
    """Every version of a workflow, the newest first. Raises WorkflowNotFoundError."""
    row = _row(session, slug)
    mine = select(WorkflowVersionTable).where(WorkflowVersionTable.workflow_id == row.id)
    return [
        WorkflowVersion(version=one.version, spec=_read(one.spec), made_at=one.made_at, made_by=one.made_by)
        for one in session.scalars(mine.order_by(WorkflowVersionTable.version.desc()))
    ]


# Templates


@lru_cache(maxsize=1)
def templates() -> dict[str, WorkflowSpec]:
    """The workflows that come with Jieda, by slug, to begin from."""
    found = resources.files("ticketing").joinpath("workflow_templates").iterdir()
    files = sorted((one for one in found if one.name.endswith(".yaml")), key=lambda one: one.name)
    written = {one.name.removesuffix(".yaml"): yaml.safe_load(one.read_text("utf-8")) for one in files}
    return {slug: workflow_specs.parse(spec) for slug, spec in written.items()}


def load(session: WriteSession, specs: Iterable[Mapping[str, Any]]) -> None:
    """Add the workflows of a file that are not there yet; what was edited here stays as it is.

    An entry is a workflow with its `slug`, or `{template: slug}` with what differs beside it: `queues` puts steps
    into queues of this desk. Raises WorkflowInvalidError.
    """
    for written in specs:
        slug = str(written.get("slug") or written.get("template") or "")[:_MAX_SLUG]
        if session.scalar(select(WorkflowTable.id).where(WorkflowTable.slug == slug)) is None:
            add(session, slug, _from_file(written), is_enabled=True)


def _from_file(written: Mapping[str, Any]) -> dict[str, Any]:
    template = written.get("template")
    if template is None:
        return {key: value for key, value in written.items() if key != "slug"}
    if template not in templates():
        raise WorkflowInvalidError([{"path": "template", "message": f"there is no template {template!r}"}])
    spec = workflow_specs.to_json(templates()[template])
    queues = written.get("queues") or {}
    steps = [one | {"queue": queues.get(one["slug"], one["queue"])} for one in spec["steps"]]
    more = {key: value for key, value in written.items() if key not in {"slug", "template", "queues"}}
    return spec | {"steps": steps} | more


# The workflow of a ticket


def for_kind(session: ReadSession, kind: str) -> tuple[int, WorkflowSpec] | None:
    """The version that a new ticket of this kind goes by, with its id: of the first workflow that names the kind."""
    rows = _alive().where(WorkflowTable.is_enabled).order_by(WorkflowTable.position, WorkflowTable.id)
    for row in session.scalars(rows):
        made = _version_row(session, row)
        spec = _read(made.spec)
        if kind in spec.kinds:
            return made.id, spec
    return None


def specs_by_id(session: ReadSession, version_ids: Collection[int | None]) -> dict[int, WorkflowSpec]:
    """What several tickets go by, in one query."""
    wanted = {one for one in version_ids if one is not None}
    if not wanted:
        return {}
    statement = select(WorkflowVersionTable).where(WorkflowVersionTable.id.in_(wanted))
    return {row.id: _read(row.spec) for row in session.scalars(statement)}


def spec_of(session: ReadSession, ticket: TicketTable) -> WorkflowSpec | None:
    """What a ticket goes by; None if it has no workflow."""
    return specs_by_id(session, [ticket.workflow_version_id]).get(ticket.workflow_version_id or 0)


def name_of(session: ReadSession, ticket: TicketTable) -> tuple[str, int]:
    """Slug and version of a ticket's workflow; it must have one."""
    statement = (
        select(WorkflowTable.slug, WorkflowVersionTable.version)
        .join(WorkflowVersionTable, WorkflowVersionTable.workflow_id == WorkflowTable.id)
        .where(WorkflowVersionTable.id == ticket.workflow_version_id)
    )
    slug, version = session.execute(statement).one()
    return slug, version


def known_statuses(spec: WorkflowSpec | None, desk: list[Status]) -> list[Status]:
    """The statuses a ticket may have: its workflow's steps, and the desk's for types that has no step of."""
    if spec is None:
        return desk
    types = {one.type for one in spec.steps}
    return [*(one.status for one in spec.steps), *(one for one in desk if one.type not in types)]


def read_status(session: ReadSession, ticket: TicketTable, name: str) -> Status:
    """The status that a slug or the name of a type means for this ticket. Raises UnknownSlugError."""
    spec = spec_of(session, ticket)
    if spec is None:
        return lifecycle.read_status(session, name)
    known = known_statuses(spec, lifecycle.statuses(session))
    for status in known:
        if status.slug == name:
            return status
    if name not in list(State):
        raise UnknownSlugError("status", name)
    onward = [spec.step(move.target) for move in spec.moves_from(ticket.status or "")]
    # "solved" means that the way was gone to its end, and not that the ticket was refused or called off
    fitting = [
        one for one in onward if one and one.type == name and (one.is_milestone or name != State.SOLVED)
    ]
    return fitting[0].status if fitting else next(one for one in known if one.type == name)
