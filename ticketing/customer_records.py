"""Companies, people and owned products as flat records: the one shape of imports, synchronisation and exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import select

from foundation.access import TicketScope, Viewer
from foundation.db import ReadSession, WriteSession
from ticketing import companies, contacts, directory, owned_products, people, tier_rules, tiering
from ticketing.contacts import ContactChannel
from ticketing.directory_types import NewCompany, NewPerson
from ticketing.errors_directory import RecordInvalidError
from ticketing.owned_products import NewOwnedProduct
from ticketing.tables import AccountManagerTable, CompanyTable, ContactTable, OwnedProductTable, PersonTable

Record = Mapping[str, str]
Outcome = Literal["created", "updated", "unchanged"]


class RecordKind(StrEnum):
    """What a table holds."""

    COMPANIES = "companies"
    PEOPLE = "people"
    PRODUCTS = "products"


COLUMNS: dict[RecordKind, tuple[str, ...]] = {
    RecordKind.COMPANIES: (
        "external_id",
        "slug",
        "name_zh",
        "name_en",
        "tier",
        "account_manager",
        "tags",
        "ticket_scope",
        "contract_value",
        "contract_currency",
        "contract_starts_on",
        "contract_ends_on",
        "country",
    ),
    RecordKind.PEOPLE: (
        "external_id",
        "email",
        "name",
        "company",
        "department",
        "title",
        "locale",
        "ticket_scope",
        "tags",
        "phone",
        "wechat",
        "is_active",
    ),
    RecordKind.PRODUCTS: (
        "company",
        "product",
        "serial",
        "batch",
        "quantity",
        "bought_on",
        "warranty_until",
    ),
}
# What Chinese tables call the columns.
ALIASES = {
    "外部编号": "external_id",
    "标识": "slug",
    "公司标识": "slug",
    "中文名": "name_zh",
    "英文名": "name_en",
    "等级": "tier",
    "客户经理": "account_manager",
    "标签": "tags",
    "可见工单": "ticket_scope",
    "合同金额": "contract_value",
    "币种": "contract_currency",
    "合同开始": "contract_starts_on",
    "合同结束": "contract_ends_on",
    "国家": "country",
    "邮箱": "email",
    "姓名": "name",
    "公司": "company",
    "部门": "department",
    "职务": "title",
    "语言": "locale",
    "电话": "phone",
    "微信": "wechat",
    "启用": "is_active",
    "产品": "product",
    "序列号": "serial",
    "批次": "batch",
    "数量": "quantity",
    "购买日期": "bought_on",
    "保修至": "warranty_until",
}
_MAX_CHARS = 320
_YES, _NO = {"", "1", "true", "yes", "y", "是"}, {"0", "false", "no", "n", "否"}


@dataclass(frozen=True)
class _Cells:
    """A record with its own refusals; an empty cell is None and leaves things as they are."""

    record: Record

    def text(self, name: str, *, needed: bool = False) -> str | None:
        value = (self.record.get(name) or "").strip()
        if needed and not value:
            raise RecordInvalidError(name, "missing", "a value is needed")
        if len(value) > _MAX_CHARS:
            raise RecordInvalidError(name, "too_long", f"at most {_MAX_CHARS} characters")
        return value or None

    def slug(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and not all(one.isalnum() or one in "._-" for one in value):
            raise RecordInvalidError(name, "bad_slug", "letters, digits, dot, dash and underscore only")
        return value

    def scope(self) -> TicketScope | None:
        return TicketScope(value) if (value := self.among("ticket_scope", tuple(TicketScope))) else None

    def among(self, name: str, allowed: tuple[str, ...]) -> str | None:
        value = self.text(name)
        if value is not None and value not in allowed:
            raise RecordInvalidError(name, "bad_choice", f"one of: {', '.join(allowed)}")
        return value

    def tags(self) -> tuple[str, ...] | None:
        value = self.text("tags")
        if value is None:
            return None
        return tuple(one.strip() for one in value.replace("；", ";").split(";") if one.strip())

    def day(self, name: str) -> date | None:
        value = self.text(name)
        try:
            return date.fromisoformat(value.replace("/", "-")) if value else None
        except ValueError as error:
            raise RecordInvalidError(name, "bad_date", "a day such as 2026-12-31") from error

    def whole(self, name: str, default: int) -> int:
        value = self.text(name)
        if value is not None and not (value.isascii() and value.isdigit() and len(value) < 10):
            raise RecordInvalidError(name, "bad_number", "a whole number")
        return int(value) if value else default

    def flag(self, name: str) -> bool:
        value = (self.text(name) or "").lower()
        if value not in _YES | _NO:
            raise RecordInvalidError(name, "bad_choice", "yes or no")
        return value in _YES


def put(
    session: WriteSession,
    kind: RecordKind,
    record: Record,
    actor: Viewer | None = None,
    *,
    at: datetime | None = None,
) -> Outcome:
    """Bring one company, person or product to what a record says; said again, nothing changes.

    With `at`, the other system's own time of this state, an older one than is known is left aside. Raises
    RecordInvalidError with the column, and DomainError for what the directory refuses.
    """
    return _PUT[kind](session, _Cells(record), actor, at)


def _is_outdated(known: datetime | None, at: datetime | None) -> bool:
    return at is not None and known is not None and at < known


def _put_company(session: WriteSession, cells: _Cells, actor: Viewer | None, at: datetime | None) -> Outcome:
    row = _company_row(session, cells)
    if row is not None and _is_outdated(row.synced_at, at):
        return "unchanged"
    before = _state_of_company(session, row) if row is not None else None
    slug = row.slug if row is not None else cells.slug("slug") or cells.slug("external_id")
    if slug is None:
        raise RecordInvalidError("slug", "missing", "slug or external_id is needed")
    name = {**(row.name if row is not None else {}), **_names(cells, is_new=row is None)}
    new = NewCompany(
        slug=slug,
        name=name,
        external_id=cells.text("external_id"),
        ticket_scope=cells.scope(),
        tags=cells.tags(),
        contract=_contract(cells, row),
        attributes=_attributes(cells, row),
    )
    company_id = companies.upsert_company(session, new, actor)
    if (tier := cells.text("tier")) is not None:
        tiering.set_company_tier(session, slug, tier, actor=actor)
    tier_rules.apply(session, company_id, actor)
    if (manager := cells.text("account_manager")) is not None:
        directory.set_account_manager(session, slug, manager)
    made = session.get_one(CompanyTable, company_id)
    made.synced_at = at or made.synced_at
    session.flush()
    return _outcome(before, _state_of_company(session, made))


def _company_row(session: ReadSession, cells: _Cells) -> CompanyTable | None:
    external_id, slug = cells.text("external_id"), cells.slug("slug")
    if external_id is not None:
        found = session.scalar(select(CompanyTable).where(CompanyTable.external_id == external_id))
        if found is not None:
            return found
    return session.scalar(select(CompanyTable).where(CompanyTable.slug == (slug or external_id)))


def _names(cells: _Cells, *, is_new: bool) -> dict[str, str]:
    zh, en = cells.text("name_zh"), cells.text("name_en")
    if is_new and zh is None and en is None:
        raise RecordInvalidError("name_zh", "missing", "name_zh or name_en is needed")
    found = {"zh": zh or (en if is_new else None), "en": en or (zh if is_new else None)}
    return {lang: text for lang, text in found.items() if text is not None}


def _contract(cells: _Cells, row: CompanyTable | None) -> dict[str, Any] | None:
    said = {
        name: value
        for name in ("value", "currency", "starts_on", "ends_on")
        if (value := cells.text(f"contract_{name}")) is not None
    }
    return {**(row.contract if row is not None else {}), **said} if said else None


def _attributes(cells: _Cells, row: CompanyTable | None) -> dict[str, Any] | None:
    country = cells.text("country")
    if country is None:
        return None
    return {**(row.attributes if row is not None else {}), "country": country}


def _state_of_company(session: ReadSession, row: CompanyTable) -> tuple[Any, ...]:
    manager = session.get(AccountManagerTable, row.id)
    fields = (
        row.name,
        row.external_id,
        row.tags,
        row.ticket_scope,
        row.contract,
        row.attributes,
        row.tier_id,
    )
    return (*fields, manager.person_id if manager else None)


def _put_person(session: WriteSession, cells: _Cells, actor: Viewer | None, at: datetime | None) -> Outcome:
    email, external_id = cells.text("email"), cells.text("external_id")
    if email is None and external_id is None:
        raise RecordInvalidError("email", "missing", "email or external_id is needed")
    if email is not None:
        email = contacts.normal(ContactChannel.MAIL, email)
    row = _person_row(session, email, external_id)
    if row is not None and _is_outdated(row.synced_at, at):
        return "unchanged"
    before = _state_of_person(session, row) if row is not None else None
    company = _company_slug(session, cells)
    own_company = session.get(CompanyTable, row.company_id) if row is not None and row.company_id else None
    new = NewPerson(
        email=email,
        external_id=external_id,
        name=cells.text("name", needed=row is None) or (row.name if row is not None else ""),
        locale=cells.among("locale", ("zh", "en")) or (row.locale if row is not None else "zh"),
        company=company or (own_company.slug if own_company else None),
        department=cells.slug("department") or (row.department if row is not None else None),
        title=cells.text("title") or (row.title if row is not None else None),
        ticket_scope=cells.scope(),
        tags=cells.tags(),
        is_active=cells.flag("is_active"),
    )
    made = people.upsert_person(session, new, actor)
    for channel in (ContactChannel.PHONE, ContactChannel.WECHAT):
        if (value := cells.text(channel)) is not None:
            contacts.add(session, made.id, channel, value, actor)
    stored = session.get_one(PersonTable, made.id)
    stored.synced_at = at or stored.synced_at
    session.flush()
    return _outcome(before, _state_of_person(session, stored))


def _person_row(session: ReadSession, email: str | None, external_id: str | None) -> PersonTable | None:
    if external_id is not None:
        found = session.scalar(select(PersonTable).where(PersonTable.external_id == external_id))
        if found is not None:
            return found
    return session.scalar(select(PersonTable).where(PersonTable.email == email)) if email else None


def _state_of_person(session: ReadSession, row: PersonTable) -> tuple[Any, ...]:
    mine = select(ContactTable.channel, ContactTable.value).where(ContactTable.person_id == row.id)
    known = tuple(sorted(tuple(one) for one in session.execute(mine)))
    fields = (row.email, row.external_id, row.name, row.locale, row.company_id, row.department, row.title)
    return (*fields, row.ticket_scope, row.tags, row.is_active, known)


def _company_slug(session: ReadSession, cells: _Cells, *, needed: bool = False) -> str | None:
    """A company by its slug, or by what the other system calls it."""
    said = cells.text("company", needed=needed)
    if said is None:
        return None
    by_slug = session.scalar(select(CompanyTable.slug).where(CompanyTable.slug == said))
    found = by_slug or session.scalar(select(CompanyTable.slug).where(CompanyTable.external_id == said))
    if found is None:
        raise RecordInvalidError("company", "unknown_company", f"there is no company {said!r}")
    return found


def _put_product(session: WriteSession, cells: _Cells, actor: Viewer | None, _at: datetime | None) -> Outcome:
    company = _company_slug(session, cells, needed=True) or ""
    new = NewOwnedProduct(
        product=cells.text("product", needed=True) or "",
        serial=cells.text("serial"),
        batch=cells.text("batch"),
        quantity=cells.whole("quantity", 1),
        bought_on=cells.day("bought_on"),
        warranty_until=cells.day("warranty_until"),
    )
    company_id = session.scalars(select(CompanyTable.id).where(CompanyTable.slug == company)).one()
    mine = OwnedProductTable.company_id == company_id, OwnedProductTable.key == new.key
    row = session.scalar(select(OwnedProductTable).where(*mine))
    before = owned_products.to_owned(row) if row is not None else None
    after = owned_products.upsert(session, company, new, actor)
    tier_rules.apply(session, company_id, actor)
    return _outcome(before, after)


def _outcome(before: Any, after: Any) -> Outcome:
    return "created" if before is None else "unchanged" if before == after else "updated"


_Put = Callable[[WriteSession, _Cells, Viewer | None, datetime | None], Outcome]
_PUT: dict[RecordKind, _Put] = {
    RecordKind.COMPANIES: _put_company,
    RecordKind.PEOPLE: _put_person,
    RecordKind.PRODUCTS: _put_product,
}
