from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from portal_api.static_files import STATIC

built = pytest.mark.skipif(not (STATIC / "docs").is_dir(), reason="the pages are not built; run `make web`")


def test_the_api_page_loads_nothing_from_elsewhere(app_client: TestClient) -> None:
    page = app_client.get("/docs")
    assert page.status_code == 200
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    assert addresses
    assert [one for one in addresses if one.startswith(("http", "//"))] == []


@built
def test_the_api_pages_scripts_are_served(app_client: TestClient) -> None:
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert app_client.get(f"/docs/{name}").status_code == 200
    assert app_client.get("/docs/..%2Fapp.py").status_code == 404
    assert app_client.get("/docs/other.js").status_code == 404


def test_the_type_of_a_problem_leads_to_its_explanation(app_client: TestClient) -> None:
    problem = app_client.get("/api/v1/articles/999999").json()
    path, _, anchor = problem["type"].partition("#")
    page = app_client.get(path)
    assert page.status_code == 200
    assert f'id="{anchor}"' in page.text


@built
@pytest.mark.parametrize(
    "path", ["/portal/../app.py", "/portal/%2e%2e/%2e%2e/app.py", "/console/..%2F..%2Fcli.py"]
)
def test_no_path_leads_out_of_the_built_pages(app_client: TestClient, path: str) -> None:
    assert "from __future__" not in app_client.get(path).text


@built
def test_every_address_of_an_app_gives_its_page_but_a_missing_asset_is_missing(
    app_client: TestClient,
) -> None:
    assert "<html" in app_client.get("/portal/articles/12").text
    assert app_client.get("/portal/assets/nothing.js").status_code == 404
