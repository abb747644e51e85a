"""What companies own."""

from __future__ import annotations

from fastapi import APIRouter

from portal_api.dependencies import AsAgent, AsManager, InTransaction, Reading
from portal_api.routes.customer_shapes import OwnedIn, OwnedListOut, OwnedOut
from portal_api.routes.customers import SlugInPath
from ticketing import companies, owned_products
from ticketing.owned_products import NewOwnedProduct

router = APIRouter(prefix="/api/v1", tags=["directory"])


@router.get("/companies/{company}/products")
def list_owned(company: SlugInPath, _agent: AsAgent, session: Reading) -> OwnedListOut:
    """What a company owns."""
    companies.company(session, company)
    items = [OwnedOut(**vars(one)) for one in owned_products.owned(session, company)]
    return OwnedListOut(items=items, total=len(items))


@router.post("/companies/{company}/products")
def put_owned(company: SlugInPath, body: OwnedIn, viewer: AsManager, session: InTransaction) -> OwnedOut:
    """Note that a company owns something; the same serial number or batch again is told anew."""
    companies.company(session, company)
    made = owned_products.upsert(session, company, NewOwnedProduct(**body.model_dump()), viewer)
    return OwnedOut(**vars(made))


@router.delete("/companies/{company}/products/{owned_id}", status_code=204)
def remove_owned(company: SlugInPath, owned_id: int, viewer: AsManager, session: InTransaction) -> None:
    """Forget that a company owns something."""
    companies.company(session, company)
    owned_products.remove(session, company, owned_id, viewer)
