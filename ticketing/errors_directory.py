"""What the directory of companies and people refuses."""

from __future__ import annotations

from foundation.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError


class CompanyNotFoundError(NotFoundError):
    """No such company."""

    code = "company_not_found"

    def __init__(self, slug: str) -> None:
        super().__init__(f"there is no company {slug!r}")
        self.slug = slug


class DepartmentInUseError(ConflictError):
    """People or tickets belong to this department."""

    code = "department_in_use"

    def __init__(self, slug: str) -> None:
        super().__init__(f"people or tickets belong to department {slug!r}")
        self.slug = slug


class ExternalIdTakenError(ConflictError):
    """Another company or person is known by this id of another system, or this one by another id."""

    code = "external_id_taken"

    def __init__(self, kind: str, external_id: str) -> None:
        super().__init__(f"the external id {external_id!r} belongs to another {kind}")
        self.kind, self.external_id = kind, external_id


class BadContractError(InvalidInputError):
    """A contract whose value, currency or dates cannot be read."""

    code = "bad_contract"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


class BadContactError(InvalidInputError):
    """A contact that its channel cannot have."""

    code = "bad_contact"

    def __init__(self, channel: str, reason: str) -> None:
        super().__init__(f"{channel}: {reason}")
        self.channel, self.reason = channel, reason


class ContactTakenError(ConflictError):
    """A contact leads to one person; merge the two entries if they are the same."""

    code = "contact_taken"

    def __init__(self, channel: str, value: str, person_id: int) -> None:
        super().__init__(f"{channel} {value} belongs to person {person_id}")
        self.channel, self.value, self.person_id = channel, value, person_id


class ContactNotFoundError(NotFoundError):
    """This person has no such contact."""

    code = "contact_not_found"

    def __init__(self, contact_id: int) -> None:
        super().__init__(f"there is no contact {contact_id} of this person")
        self.contact_id = contact_id


class PersonMergeRefusedError(ConflictError):
    """These two entries cannot become one; `reason` says why."""

    code = "person_merge_refused"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class PersonMergeNotFoundError(NotFoundError):
    """No such merge."""

    code = "person_merge_not_found"

    def __init__(self, merge_id: int) -> None:
        super().__init__(f"there is no merge {merge_id}")
        self.merge_id = merge_id


class MergeUndoUndecidedError(ConflictError):
    """Things came in since the merge; `undecided` names those of which nobody has said whose they are."""

    code = "merge_undo_undecided"

    def __init__(self, merge_id: int, undecided: list[str]) -> None:
        super().__init__(f"merge {merge_id}: say for {len(undecided)} things that came since whose they are")
        self.merge_id, self.undecided = merge_id, undecided


class TableUnreadableError(InvalidInputError):
    """A table that cannot be read at all; `reason` says why."""

    code = "table_unreadable"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class RecordInvalidError(InvalidInputError):
    """A record with a value that cannot be; `column` and `reason` say which and why."""

    code = "record_invalid"

    def __init__(self, column: str, reason: str, message: str) -> None:
        super().__init__(f"{column}: {message}")
        self.column, self.reason = column, reason


class ImportRefusedError(ConflictError):
    """Rows of the table are wrong, so none of it was taken; the preview names them."""

    code = "import_refused"

    def __init__(self, failed: int) -> None:
        super().__init__(f"{failed} rows are wrong; nothing was changed")
        self.failed = failed


class SyncRefusedError(ForbiddenError):
    """A message that its source has not signed, or that is too old to be taken."""

    code = "sync_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(f"this message is not taken: {reason}")
        self.reason = reason


class OwnedProductInvalidError(InvalidInputError):
    """A product that nobody can own so."""

    code = "owned_product_invalid"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OwnedProductNotFoundError(NotFoundError):
    """This company owns no such thing."""

    code = "owned_product_not_found"

    def __init__(self, owned_id: int) -> None:
        super().__init__(f"this company owns no product {owned_id}")
        self.owned_id = owned_id
