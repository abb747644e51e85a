"""Whatever is sent to the API, it answers as its OpenAPI document says and never with a crash."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from foundation.access import Role
from foundation.db import write_session
from portal_api import authentication
from portal_api.app import create_app
from tests.portal_api.conftest import Browser

schema = schemathesis.openapi.from_dict(create_app().openapi()).exclude(path_regex="(/events|/sources)$")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def key(browser: Browser) -> str:
    """A key that may do everything, so that what lies behind the doors is tried too."""
    with write_session() as session:
        return authentication.create_api_key(session, "contract", Role.ADMIN).key


@pytest.mark.slow
@schema.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_keeps_its_contract(case: schemathesis.Case, browser: Browser, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    request = case.as_transport_kwargs(base_url="http://testserver", headers=headers)
    request.pop("cookies", None)
    if isinstance(request.get("data"), bytes):
        request["content"] = request.pop("data")
    browser.client.cookies.clear()
    response = browser.client.request(**request, follow_redirects=False)
    case.validate_response(response, checks=CHECKS)
