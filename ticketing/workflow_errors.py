"""What workflows and approvals refuse."""

from __future__ import annotations

from foundation.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError


class WorkflowInvalidError(InvalidInputError):
    """A workflow that cannot be read; `faults` names every place and what is wrong there."""

    code = "workflow_invalid"

    def __init__(self, faults: list[dict[str, str]]) -> None:
        super().__init__("; ".join(f"{one['path']}: {one['message']}" for one in faults)[:2000])
        self.faults = faults


class WorkflowNotFoundError(NotFoundError):
    """No such workflow."""

    code = "workflow_not_found"

    def __init__(self, slug: str) -> None:
        super().__init__(f"there is no workflow {slug!r}")
        self.slug = slug


class WorkflowConflictError(ConflictError):
    """The workflow has been edited since the caller looked, or its slug is taken; `version` is the current one."""

    code = "workflow_conflict"

    def __init__(self, slug: str, version: int) -> None:
        super().__init__(f"workflow {slug!r} has been edited; it is at version {version} now")
        self.slug, self.version = slug, version


class StepNotAllowedError(ConflictError):
    """The ticket's workflow has no move from the step it is in to that one; `allowed` names those it has."""

    code = "step_not_allowed"

    def __init__(self, ticket_id: int, step: str, wanted: str, allowed: list[str]) -> None:
        super().__init__(f"the workflow of ticket {ticket_id} does not lead from {step!r} to {wanted!r}")
        self.ticket_id, self.step, self.wanted, self.allowed = ticket_id, step, wanted, allowed


class MoveNeedsFieldsError(ConflictError):
    """The move needs fields that have no value yet; `missing` names them."""

    code = "move_needs_fields"

    def __init__(self, ticket_id: int, target: str, missing: list[str]) -> None:
        super().__init__(f"to go to {target!r}, ticket {ticket_id} needs {', '.join(missing)}")
        self.ticket_id, self.target, self.missing = ticket_id, target, missing


class NoWorkflowError(ConflictError):
    """The ticket goes no workflow's way, so there is nothing to step back from, to cancel or to approve."""

    code = "no_workflow"

    def __init__(self, ticket_id: int) -> None:
        super().__init__(f"ticket {ticket_id} has no workflow")
        self.ticket_id = ticket_id


class ApprovalNotWaitingError(ConflictError):
    """Nothing waits for approval at this ticket, or it has been decided meanwhile."""

    code = "approval_not_waiting"

    def __init__(self, ticket_id: int) -> None:
        super().__init__(f"nothing waits for approval at ticket {ticket_id}")
        self.ticket_id = ticket_id


class ApprovalNotYoursError(ForbiddenError):
    """Only those the workflow names may decide, and nobody decides what they asked for themselves."""

    code = "approval_not_yours"

    def __init__(self, ticket_id: int) -> None:
        super().__init__(f"somebody else decides about ticket {ticket_id}")
        self.ticket_id = ticket_id
