"""A small order system of Yanling Controls, so that the bot has something real to call.

Orders live in `orders.yaml` and, once changed, in memory: a restart brings them back as they were. Every call
carries the bearer token it was started with. `openapi.json` beside this file is what it says about itself:

    python examples/yanling/erp/app.py > examples/yanling/erp/openapi.json
"""

import json
import threading
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Literal

import yaml
from fastapi import FastAPI, Header, HTTPException, Query
from fastapi import Path as InPath
from pydantic import BaseModel, Field

HERE = Path(__file__).parent

OrderNumber = Annotated[str, InPath(pattern=r"^SO[0-9]{2}-[0-9]{6}$", description="For example SO26-104381")]
Company = Annotated[str, Query(min_length=1, max_length=60, description="Whose order it is")]
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=100)]
Bearer = Annotated[str | None, Header(alias="Authorization")]
Status = Literal["confirmed", "picking", "shipped", "delivered"]


class Line(BaseModel):
    product: str
    quantity: int


class Order(BaseModel):
    order_number: str
    status: Status
    ordered_on: str
    ships_on: str | None = None
    tracking: str | None = None
    delivery_address: str
    lines: list[Line]


class Orders(BaseModel):
    orders: list[Order]


class InvoiceRequest(BaseModel):
    company: Annotated[str, Field(min_length=1, max_length=60)]
    kind: Literal["special", "general"]
    title: Annotated[str, Field(min_length=2, max_length=100)]
    tax_number: Annotated[str, Field(pattern=r"^[0-9A-Z]{8,20}$")]
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]


class InvoiceRequested(BaseModel):
    request_number: str
    order_number: str
    email: str
    working_days: int


class NewAddress(BaseModel):
    company: Annotated[str, Field(min_length=1, max_length=60)]
    address: Annotated[str, Field(min_length=8, max_length=300)]


class Problem(BaseModel):
    detail: str


def create_app(token: str | None = None) -> FastAPI:
    """The order system; with a token, callers must bring it."""
    app = FastAPI(title="Yanling order system", version="1.0.0", docs_url=None, redoc_url=None)
    orders = {one["order_number"]: one for one in yaml.safe_load((HERE / "orders.yaml").read_text("utf-8"))}
    done: dict[str, dict] = {}
    lock = threading.Lock()

    def check(authorization: str | None) -> None:
        if token is not None and authorization != f"Bearer {token}":
            raise HTTPException(401, "who are you?")

    def find(number: str, company: str) -> dict:
        found = orders.get(number)
        if found is None or found["company"] != company:
            raise HTTPException(404, "no such order")  # another company's order is none
        return found

    def once(key: str | None, make) -> dict:
        """The same key again gives the first answer and does nothing."""
        with lock:
            if key is None or key not in done:
                made = make()
                if key is not None:
                    done[key] = deepcopy(made)
                return made
            return done[key]

    errors = {404: {"model": Problem}, 409: {"model": Problem}}

    @app.get("/orders", operation_id="list_orders")
    def list_orders(company: Company, authorization: Bearer = None) -> Orders:
        """A company's orders, the newest first."""
        check(authorization)
        own = [one for one in orders.values() if one["company"] == company]
        own.sort(key=lambda one: one["ordered_on"], reverse=True)
        shown = [{key: value for key, value in one.items() if key != "company"} for one in own]
        return Orders(orders=[Order(**one) for one in shown])

    @app.get("/orders/{order_number}", operation_id="get_order", responses={404: {"model": Problem}})
    def get_order(order_number: OrderNumber, company: Company, authorization: Bearer = None) -> Order:
        check(authorization)
        return Order(**{key: value for key, value in find(order_number, company).items() if key != "company"})

    @app.post(
        "/orders/{order_number}/invoice-requests",
        operation_id="request_invoice",
        status_code=201,
        responses=errors,
    )
    def request_invoice(
        order_number: OrderNumber, body: InvoiceRequest, key: Key = None, authorization: Bearer = None
    ) -> InvoiceRequested:
        check(authorization)
        order = find(order_number, body.company)

        def make() -> dict:
            if order.get("invoiced"):
                raise HTTPException(409, "an invoice was requested already")
            order["invoiced"] = True
            number = f"INV-{order_number[2:]}"
            return {
                "request_number": number,
                "order_number": order_number,
                "email": body.email,
                "working_days": 3,
            }

        return InvoiceRequested(**once(key, make))

    @app.put(
        "/orders/{order_number}/delivery-address", operation_id="change_delivery_address", responses=errors
    )
    def change_delivery_address(
        order_number: OrderNumber, body: NewAddress, key: Key = None, authorization: Bearer = None
    ) -> Order:
        check(authorization)
        order = find(order_number, body.company)

        def make() -> dict:
            if order["status"] != "confirmed":
                raise HTTPException(409, "the order is being picked")
            order["delivery_address"] = body.address
            return {key: value for key, value in order.items() if key != "company"}

        return Order(**once(key, make))

    return app


if __name__ == "__main__":
    print(json.dumps(create_app().openapi(), indent=1, ensure_ascii=False))
