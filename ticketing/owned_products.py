"""Products that companies own: pieces by their serial number, or a number of pieces of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import directory_changes
from ticketing.errors_directory import OwnedProductInvalidError, OwnedProductNotFoundError
from ticketing.slugs import id_of
from ticketing.tables import CompanyTable, OwnedProductTable

_MAX_QUANTITY = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class NewOwnedProduct:
    """A piece with its serial number, or `quantity` pieces of a batch (or of no known batch)."""

    product: str
    serial: str | None = None
    batch: str | None = None
    quantity: int = 1
    bought_on: date | None = None
    warranty_until: date | None = None

    @property
    def key(self) -> str:
        """What makes it this one: the same key again is the same thing, told anew."""
        return (
            f"serial:{self.product}:{self.serial}"
            if self.serial
            else f"batch:{self.product}:{self.batch or ''}"
        )


@dataclass(frozen=True, kw_only=True)
class OwnedProduct:
    id: int
    product: str
    serial: str | None
    batch: str | None
    quantity: int
    bought_on: date | None
    warranty_until: date | None


_FIELDS = ("product", "serial", "batch", "quantity", "bought_on", "warranty_until")


def owned(session: ReadSession, company: str) -> list[OwnedProduct]:
    """What a company owns, by product. Raises UnknownSlugError."""
    company_id = id_of(session, CompanyTable, "company", company)
    statement = (
        select(OwnedProductTable)
        .where(OwnedProductTable.company_id == company_id)
        .order_by(OwnedProductTable.product, OwnedProductTable.id)
    )
    return [to_owned(row) for row in session.scalars(statement)]


def to_owned(row: OwnedProductTable) -> OwnedProduct:
    """The row as a value."""
    return OwnedProduct(id=row.id, **{name: getattr(row, name) for name in _FIELDS})


def upsert(
    session: WriteSession, company: str, new: NewOwnedProduct, actor: Viewer | None = None
) -> OwnedProduct:
    """Note that a company owns something, or tell it anew. Raises UnknownSlugError, OwnedProductInvalidError."""
    if new.serial is not None and new.quantity != 1:
        raise OwnedProductInvalidError("a piece with a serial number is one piece")
    if not 1 <= new.quantity <= _MAX_QUANTITY:
        raise OwnedProductInvalidError("a quantity is a whole number from 1")
    company_id = id_of(session, CompanyTable, "company", company)
    mine = OwnedProductTable.company_id == company_id, OwnedProductTable.key == new.key
    row = session.scalar(select(OwnedProductTable).where(*mine))
    before = {name: _plain(getattr(row, name)) for name in _FIELDS} if row is not None else None
    if row is None:
        row = OwnedProductTable(company_id=company_id, key=new.key)
        session.add(row)
    for name in _FIELDS:
        setattr(row, name, getattr(new, name))
    session.flush()
    after = {name: _plain(getattr(row, name)) for name in _FIELDS}
    if before != after:
        directory_changes.note(session, "product", actor, company_id=company_id, before=before, after=after)
    return to_owned(row)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def remove(session: WriteSession, company: str, owned_id: int, actor: Viewer | None = None) -> None:
    """Forget that a company owns something. Raises UnknownSlugError, OwnedProductNotFoundError."""
    company_id = id_of(session, CompanyTable, "company", company)
    row = session.get(OwnedProductTable, owned_id)
    if row is None or row.company_id != company_id:
        raise OwnedProductNotFoundError(owned_id)
    before = {name: _plain(getattr(row, name)) for name in _FIELDS}
    directory_changes.note(session, "product", actor, company_id=company_id, before=before, after=None)
    session.delete(row)
    session.flush()


def names(session: ReadSession, company_id: int) -> list[str]:
    """The products a company owns, each once."""
    mine = OwnedProductTable.company_id == company_id
    return list(session.scalars(select(OwnedProductTable.product).where(mine).distinct().order_by("product")))


def units(session: ReadSession, product: str, batch: str | None) -> int:
    """How many pieces of a product, or of one of its batches, all companies own together."""
    wanted = [OwnedProductTable.product == product]
    if batch:
        wanted.append(OwnedProductTable.batch == batch)
    return session.scalar(select(func.sum(OwnedProductTable.quantity)).where(*wanted)) or 0


def piece(session: ReadSession, company_id: int, serial: str) -> OwnedProduct | None:
    """The piece of this serial number, if the company owns it."""
    mine = OwnedProductTable.company_id == company_id, OwnedProductTable.serial == serial
    found: Sequence[OwnedProductTable] = session.scalars(
        select(OwnedProductTable).where(*mine).limit(1)
    ).all()
    return to_owned(found[0]) if found else None
