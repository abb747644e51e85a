"""Orders of a company come from the vendor's system over HTTP; one that is down is told from one that has none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatbot import actions
from chatbot.errors import BadActionError
from chatbot.orders import orders_of
from foundation.db import write_session
from foundation.settings import Settings, get_settings, use_settings
from portal_api import sample, sample_systems

ERP = Path(__file__).parents[2] / "examples" / "yanling" / "erp"


@pytest.fixture
def erp(settings: Settings) -> Iterator[sample_systems.SampleSystem]:
    with write_session() as session:
        actions.load_system(session, sample.read_actions(ERP / "actions.yaml"))
    running = sample_systems.serve(sample_systems._load(ERP).create_app("secret"))
    sample_systems._connect("yanling-orders", running.url, "secret")
    yield running
    running.stop()


def test_a_companys_orders_are_its_own_the_newest_first(erp: sample_systems.SampleSystem) -> None:
    found = orders_of("muye-food")
    assert found.state == "ok" and found.system is not None
    assert [one["order_number"] for one in found.orders] == ["SO26-104381", "SO26-103977"]
    assert all("company" not in one for one in found.orders)
    assert (orders_of("nobody-of-that-name").state, orders_of("nobody-of-that-name").total) == ("ok", 0)


def test_a_system_that_is_down_or_refuses_us_is_not_an_empty_list(erp: sample_systems.SampleSystem) -> None:
    url = erp.url
    sample_systems._connect("yanling-orders", url, "wrong token")
    assert orders_of("muye-food").state == "unavailable"
    sample_systems._connect("yanling-orders", "http://127.0.0.1:9", "secret")
    down = orders_of("muye-food")
    assert (down.state, down.orders) == ("unavailable", ()) and down.system is not None


def test_a_slug_the_system_could_not_take_is_not_sent(erp: sample_systems.SampleSystem) -> None:
    assert orders_of("x" * 61).state == "unavailable"  # the document allows 60


def test_where_nothing_is_set_up_nothing_is_asked(settings: Settings) -> None:
    assert orders_of("muye-food").state == "not_set_up"
    assert get_settings().chatbot.system_urls == {}
    use_settings(settings)


@pytest.mark.parametrize(
    "orders",
    [{"operation": "nothing"}, {"operation": "list_orders", "parameters": {"company": "$viewer.email"}}, {}],
)
def test_orders_that_cannot_be_read_are_refused_when_loaded(
    settings: Settings, orders: dict[str, Any]
) -> None:
    spec = sample.read_actions(ERP / "actions.yaml")
    with write_session() as session, pytest.raises(BadActionError):
        actions.load_system(session, {**spec, "orders": orders})
