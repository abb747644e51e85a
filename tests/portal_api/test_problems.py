from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from scripts.document_errors import ROOMS, every_error, load_rooms
from tests.portal_api.conftest import Browser

DOCUMENT = Path(__file__).parents[2] / "docs" / "errors.md"


def test_every_error_code_is_documented_with_its_status() -> None:
    load_rooms()
    ours = {error for error in every_error() if error.__module__.split(".")[0] in ROOMS}
    documented = dict(re.findall(r"^\| `([a-z_]+)` \| (\d{3}) \|", DOCUMENT.read_text("utf-8"), re.MULTILINE))
    assert {error.code: str(error.status) for error in ours}.items() <= documented.items()


def test_one_code_never_means_two_statuses() -> None:
    load_rooms()
    statuses: dict[str, set[int]] = {}
    for error in every_error():
        statuses.setdefault(error.code, set()).add(error.status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/v1/articles/999999", None, 404, "article_not_found"),
        ("GET", "/api/v1/articles/abc", None, 422, "invalid_input"),
        ("GET", "/api/v1/nothing", None, 404, "not_found"),
        ("PUT", "/api/v1/search", None, 405, "method_not_allowed"),
        ("POST", "/api/v1/search", {"query": 5}, 422, "invalid_input"),
        ("GET", "/api/v1/tickets", None, 401, "sign_in_required"),
        ("GET", "/api/v1/conversations/c_guess", None, 404, "conversation_not_found"),
        ("POST", "/api/v1/sources", {"url": "http://127.0.0.1/"}, 401, "sign_in_required"),
    ],
)
def test_every_refusal_is_a_problem_document_with_its_code(
    app_client: TestClient, method: str, path: str, body: object, status: int, code: str
) -> None:
    answer = app_client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_a_request_id_is_given_and_taken_over(browser: Browser) -> None:
    assert browser.client.get("/healthz").headers["x-request-id"]
    answer = browser.client.get("/healthz", headers={"X-Request-Id": "trace77"})
    assert answer.headers["x-request-id"] == "trace77"
    hostile = browser.client.get("/healthz", headers={"X-Request-Id": "a b<script>"})
    assert hostile.headers["x-request-id"] != "a b<script>"


def test_pages_carry_a_content_security_policy(browser: Browser) -> None:
    policy = browser.client.get("/portal").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy
