"""The sample company's order system runs beside the server, and customers reach it through the bot."""

from __future__ import annotations

import httpx
import pytest
from fastapi.testclient import TestClient

from foundation.settings import Settings, get_settings
from portal_api import database, sample
from tests.portal_api.conftest import Browser


def test_with_the_sample_company_loaded_an_order_can_be_looked_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "wanted_revision", lambda: None)
    sample.load_company(sample.folder_of_sample())
    from portal_api.app import create_app

    with TestClient(create_app()) as client:
        url = get_settings().chatbot.system_urls["yanling-orders"]
        assert httpx.get(f"{url}/orders/SO26-103977?company=muye-food").status_code == 401  # who are you?
        browser = Browser(client).sign_in("liu.fang@muye-food.example", "demo-standard")
        begun = browser.client.post("/api/v1/conversations", json={"locale": "zh"}).json()
        path = f"/api/v1/conversations/{begun['id']}/turns"
        turns = browser.client.post(path, json={"text": "帮我查一下订单 SO26-103977"}).json()["turns"]
        assert turns[1]["kind"] == "action" and "SF1403388127" in turns[1]["text"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_without_the_sample_company_nothing_of_the_kind_runs(app_client: TestClient) -> None:
    assert app_client.get("/healthz").status_code == 200
    assert get_settings().chatbot.system_urls == {}
