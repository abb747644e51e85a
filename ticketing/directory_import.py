"""Tables of companies, people and products in and out: tried before they are taken; again, nothing changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from foundation.errors import DomainError
from ticketing import companies, csv_files, customer_records
from ticketing.contacts import ContactChannel
from ticketing.customer_records import ALIASES, COLUMNS, Outcome, RecordKind
from ticketing.errors_directory import ImportRefusedError, TableUnreadableError
from ticketing.tables import CompanyTable, ContactTable, OwnedProductTable, PersonTable

_TITLES = ("name", "name_zh", "name_en", "slug", "product", "email")
_SHOWN = 200  # rows of a preview; all wrong ones come first


@dataclass(frozen=True, kw_only=True)
class RowResult:
    """What became, or would become, of one row; `row` counts as a spreadsheet does, the head being 1."""

    row: int
    outcome: Outcome | None  # None: it is wrong
    title: str
    code: str | None = None
    column: str | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What became, or would become, of a table."""

    created: int
    updated: int
    unchanged: int
    failed: int
    ignored_columns: tuple[str, ...]
    rows: tuple[RowResult, ...]


def preview(session: WriteSession, kind: RecordKind, raw: bytes, actor: Viewer) -> ImportResult:
    """What taking the table would do: it is taken in full, and given back. Raises TableUnreadableError."""
    tried = session.begin_nested()
    try:
        return _take(session, kind, raw, actor)
    finally:
        tried.rollback()
        session.expire_all()


def apply(
    session: WriteSession, kind: RecordKind, raw: bytes, actor: Viewer, *, skip_failed: bool = False
) -> ImportResult:
    """Take the table; with a wrong row none of it, unless wrong rows are to be left out.

    Raises TableUnreadableError, ImportRefusedError.
    """
    result = _take(session, kind, raw, actor)
    if result.failed and not skip_failed:
        raise ImportRefusedError(result.failed)
    return result


def _take(session: WriteSession, kind: RecordKind, raw: bytes, actor: Viewer) -> ImportResult:
    rows = [{ALIASES.get(name, name): cell for name, cell in row.items()} for row in csv_files.read(raw)]
    known = COLUMNS[kind]
    columns = list(rows[0]) if rows else []
    if rows and not set(columns) & set(known):
        raise TableUnreadableError("columns", f"none of the columns is known; there are: {', '.join(known)}")
    found = [_row(session, kind, row, at, actor) for at, row in enumerate(rows, start=2)]
    counts = Counter(one.outcome for one in found)
    shown = sorted(found, key=lambda one: one.outcome is not None)[:_SHOWN]
    return ImportResult(
        created=counts["created"],
        updated=counts["updated"],
        unchanged=counts["unchanged"],
        failed=counts[None],
        ignored_columns=tuple(one for one in columns if one not in known),
        rows=tuple(shown),
    )


def _row(
    session: WriteSession, kind: RecordKind, row: Mapping[str, str], at: int, actor: Viewer
) -> RowResult:
    title = next(
        (row[name] for name in ("name", "name_zh", "name_en", "slug", "product", "email") if row.get(name)),
        "",
    )
    try:
        with session.begin_nested():
            outcome = customer_records.put(session, kind, row, actor)
    except DomainError as error:
        return RowResult(
            row=at,
            outcome=None,
            title=title,
            code=getattr(error, "reason", None) if error.code == "record_invalid" else error.code,
            column=getattr(error, "column", getattr(error, "field", None)),
            message=str(error),
        )
    return RowResult(row=at, outcome=outcome, title=title)


# Out


def export(session: ReadSession, kind: RecordKind) -> bytes:
    """All of a kind as a table that `preview` and `apply` read back to the same."""
    return csv_files.write(COLUMNS[kind], _EXPORTS[kind](session))


def _companies(session: ReadSession) -> Iterable[list[object]]:
    for one in companies.companies(session):
        manager = one.account_manager.email if one.account_manager else None
        contract = [one.contract.get(name) for name in ("value", "currency", "starts_on", "ends_on")]
        names = [one.name.get("zh"), one.name.get("en")]
        head = [one.external_id, one.slug, *names, one.tier if one.tier_is_pinned else None, manager]
        yield [*head, "; ".join(one.tags), str(one.ticket_scope), *contract, one.attributes.get("country")]


def _people(session: ReadSession) -> Iterable[list[object]]:
    statement = (
        select(PersonTable, CompanyTable.slug)
        .join(CompanyTable, CompanyTable.id == PersonTable.company_id)
        .where(PersonTable.merged_into_id.is_(None))
        .order_by(PersonTable.id)
    )
    contacts = _first_contacts(session)
    for row, company in session.execute(statement):
        reached = [contacts.get((row.id, str(one))) for one in (ContactChannel.PHONE, ContactChannel.WECHAT)]
        who = [row.external_id, row.email, row.name, company, row.department, row.title, row.locale]
        yield [*who, row.ticket_scope, "; ".join(row.tags), *reached, "yes" if row.is_active else "no"]


def _first_contacts(session: ReadSession) -> dict[tuple[int, str], str]:
    statement = select(ContactTable).order_by(ContactTable.id.desc())
    return {(row.person_id, row.channel): row.value for row in session.scalars(statement)}


def _products(session: ReadSession) -> Iterable[list[object]]:
    statement = (
        select(OwnedProductTable, CompanyTable.slug)
        .join(CompanyTable, CompanyTable.id == OwnedProductTable.company_id)
        .order_by(CompanyTable.slug, OwnedProductTable.id)
    )
    for row, company in session.execute(statement):
        days = [day.isoformat() if day else None for day in (row.bought_on, row.warranty_until)]
        yield [company, row.product, row.serial, row.batch, row.quantity, *days]


_EXPORTS = {
    RecordKind.COMPANIES: _companies,
    RecordKind.PEOPLE: _people,
    RecordKind.PRODUCTS: _products,
}
