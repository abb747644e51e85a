"""Workflows: the way that tickets of some kinds go, for service managers to read and edit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from portal_api.dependencies import AsAgent, AsManager, InTransaction, Reading
from ticketing import workflow_specs, workflows
from ticketing.workflow_types import Workflow, WorkflowSpec

router = APIRouter(prefix="/api/v1", tags=["workflows"])

WorkflowSlug = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]


class WorkflowIn(BaseModel):
    """A new workflow. The desk reads `spec` and names every fault with its place (`workflow_invalid`)."""

    slug: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]
    spec: dict[str, Any]
    is_enabled: bool = False


class WorkflowEditIn(BaseModel):
    """A new version of a workflow; `version` is the one the editor has seen."""

    spec: dict[str, Any]
    version: int | None = None


class WorkflowCheckIn(BaseModel):
    """A workflow to look through before it is saved."""

    spec: dict[str, Any]


class WorkflowSwitchIn(BaseModel):
    """Have new tickets go this way, or not."""

    is_enabled: bool


class WorkflowOrderIn(BaseModel):
    """Workflows that are tried first, in this order."""

    slugs: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=1000)]


class WorkflowOut(BaseModel):
    """A workflow in its current version."""

    slug: str
    position: int
    is_enabled: bool
    version: int
    spec: WorkflowSpec
    made_at: datetime
    made_by: str | None
    open: int


class WorkflowsOut(BaseModel):
    """All workflows in the order in which they are tried."""

    items: list[WorkflowOut]
    total: int


class WorkflowVersionOut(BaseModel):
    """What a workflow said from one edit to the next."""

    version: int
    made_at: datetime
    made_by: str | None
    spec: WorkflowSpec


class WorkflowVersionsOut(BaseModel):
    """Every version, the newest first."""

    items: list[WorkflowVersionOut]
    total: int


class TemplateOut(BaseModel):
    """A workflow to begin from."""

    slug: str
    spec: WorkflowSpec


class TemplatesOut(BaseModel):
    """The workflows that come with Jieda."""

    items: list[TemplateOut]
    total: int


class CheckedWorkflowOut(BaseModel):
    """What the workflow says once it is read; faults are answered as `workflow_invalid`."""

    spec: WorkflowSpec


def _out(made: Workflow) -> WorkflowOut:
    kept = {name: value for name, value in vars(made).items() if name != "id"}
    return WorkflowOut(**kept)


@router.get("/workflows")
def list_workflows(_agent: AsAgent, session: Reading) -> WorkflowsOut:
    """All workflows in the order in which they are tried, with how many tickets are on their way."""
    items = [_out(one) for one in workflows.workflows(session)]
    return WorkflowsOut(items=items, total=len(items))


@router.get("/workflows/templates")
def list_templates(_agent: AsAgent) -> TemplatesOut:
    """The workflows that come with Jieda, to begin from."""
    items = [TemplateOut(slug=slug, spec=spec) for slug, spec in workflows.templates().items()]
    return TemplatesOut(items=items, total=len(items))


@router.post("/workflows", status_code=201)
def add_workflow(body: WorkflowIn, manager: AsManager, session: InTransaction) -> WorkflowOut:
    """Make a workflow, behind the others."""
    return _out(workflows.add(session, body.slug, body.spec, actor=manager, is_enabled=body.is_enabled))


@router.post("/workflows/check")
def check_workflow(body: WorkflowCheckIn, _manager: AsManager) -> CheckedWorkflowOut:
    """Read a workflow without saving it."""
    return CheckedWorkflowOut(spec=workflow_specs.parse(body.spec))


@router.post("/workflows/order")
def order_workflows(body: WorkflowOrderIn, _manager: AsManager, session: InTransaction) -> WorkflowsOut:
    """Have these workflows tried first, in this order."""
    items = [_out(one) for one in workflows.set_order(session, body.slugs)]
    return WorkflowsOut(items=items, total=len(items))


@router.get("/workflows/{slug}")
def read_workflow(slug: WorkflowSlug, _agent: AsAgent, session: Reading) -> WorkflowOut:
    """One workflow."""
    return _out(workflows.workflow(session, slug))


@router.put("/workflows/{slug}")
def edit_workflow(
    slug: WorkflowSlug, body: WorkflowEditIn, manager: AsManager, session: InTransaction
) -> WorkflowOut:
    """Make a new version for the tickets that open from now on; refused if somebody else has edited it meanwhile."""
    return _out(workflows.edit(session, slug, body.spec, actor=manager, version=body.version))


@router.patch("/workflows/{slug}")
def switch_workflow(
    slug: WorkflowSlug, body: WorkflowSwitchIn, _manager: AsManager, session: InTransaction
) -> WorkflowOut:
    """Switch a workflow on or off for new tickets."""
    return _out(workflows.set_enabled(session, slug, is_enabled=body.is_enabled))


@router.delete("/workflows/{slug}", status_code=204)
def delete_workflow(slug: WorkflowSlug, _manager: AsManager, session: InTransaction) -> None:
    """Take a workflow away from new tickets; those on their way stay on it."""
    workflows.delete(session, slug)


@router.get("/workflows/{slug}/versions")
def list_versions(slug: WorkflowSlug, _manager: AsManager, session: Reading) -> WorkflowVersionsOut:
    """Every version of a workflow, the newest first."""
    items = [WorkflowVersionOut(**vars(one)) for one in workflows.versions(session, slug)]
    return WorkflowVersionsOut(items=items, total=len(items))
