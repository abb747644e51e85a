from __future__ import annotations

from datetime import date

import pytest

from foundation.db import WriteSession
from ticketing import companies, directory_changes, owned_products
from ticketing.errors import UnknownSlugError
from ticketing.errors_directory import OwnedProductInvalidError, OwnedProductNotFoundError
from ticketing.owned_products import NewOwnedProduct


def test_a_piece_is_known_by_its_serial_number_and_a_batch_by_its_name(session: WriteSession) -> None:
    piece = NewOwnedProduct(product="YLD300", serial="S-1", batch="B-7", warranty_until=date(2027, 1, 1))
    first = owned_products.upsert(session, "acme", piece)
    some = owned_products.upsert(session, "acme", NewOwnedProduct(product="YLD300", batch="B-7", quantity=10))
    more = owned_products.upsert(session, "acme", NewOwnedProduct(product="YLD300", batch="B-7", quantity=12))
    assert (some.id, more.quantity) == (more.id, 12) and first.id != some.id
    assert [one.quantity for one in owned_products.owned(session, "acme")] == [1, 12]
    assert owned_products.owned(session, "globex") == []
    assert owned_products.units(session, "YLD300", "B-7") == 13
    owned_products.upsert(session, "globex", NewOwnedProduct(product="YLD300", batch="B-8", quantity=5))
    assert (owned_products.units(session, "YLD300", None), owned_products.units(session, "X", None)) == (
        18,
        0,
    )


@pytest.mark.parametrize(
    "new", [NewOwnedProduct(product="X", serial="S-1", quantity=2), NewOwnedProduct(product="X", quantity=0)]
)
def test_what_nobody_can_own_is_refused(session: WriteSession, new: NewOwnedProduct) -> None:
    with pytest.raises(OwnedProductInvalidError):
        owned_products.upsert(session, "acme", new)


def test_only_the_companys_own_can_be_removed_and_what_changed_is_written_down(session: WriteSession) -> None:
    made = owned_products.upsert(session, "acme", NewOwnedProduct(product="X", serial="S-1"))
    with pytest.raises(OwnedProductNotFoundError):
        owned_products.remove(session, "globex", made.id)
    owned_products.upsert(session, "acme", NewOwnedProduct(product="X", serial="S-1"))
    owned_products.remove(session, "acme", made.id)
    session.flush()
    company_id = companies.company(session, "acme").id
    told = [
        one for one in directory_changes.changes(session, company_id=company_id) if one.event == "product"
    ]
    assert [(one.detail["before"] is None, one.detail["after"] is None) for one in told] == [
        (False, True),
        (True, False),
    ]
    with pytest.raises(UnknownSlugError):
        owned_products.owned(session, "nowhere")
