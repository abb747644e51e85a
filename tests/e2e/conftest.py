"""A real server with the sample company, and a real browser in front of it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from portal_api.static_files import STATIC
from tests.services import absent

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Server:
    base: str
    data_dir: Path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`jieda demo`, then `jieda serve` on a free port, as a user starts them."""
    if not (STATIC / "portal" / "index.html").is_file():
        absent("the pages are not built; run `make web`")
    data_dir = tmp_path_factory.mktemp("e2e") / "var"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JIEDA_")}
    environment |= {"JIEDA_DATA_DIR": str(data_dir), "JIEDA_LOG_LEVEL": "WARNING"}
    command = [sys.executable, "-c", "from portal_api.entry import main; main()"]
    subprocess.run(
        [*command, "demo", "--json"], env=environment, check=True, capture_output=True, timeout=300
    )
    port = free_port()
    log = (data_dir / "server.log").open("w")
    process = subprocess.Popen(
        [*command, "serve", "--port", str(port)], env=environment, stdout=log, stderr=log
    )
    base = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(base, process)
        yield Server(base, data_dir)
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def wait_until_ready(base: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            if httpx.get(f"{base}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail("the server was not ready in time")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        absent("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()


NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(chromium: Browser, server: Server) -> Iterator[NewContext]:
    """Opens a browser window of its own; a script error in any page of it fails the test."""
    made: list[BrowserContext] = []
    errors: list[str] = []

    def open_one(*, locale: str = "zh-CN", width: int = 1280, height: int = 800) -> BrowserContext:
        context = chromium.new_context(
            base_url=server.base, locale=locale, viewport={"width": width, "height": height}
        )
        context.set_default_timeout(20_000)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        made.append(context)
        return context

    yield open_one
    for context in made:
        context.close()
    assert errors == []


def sign_in(page: Page, email: str) -> None:
    """Through the portal's log-in switch."""
    page.get_by_test_id("login-switch").click()
    page.get_by_test_id("login-menu").locator(f"[data-email='{email}']").click()
    expect(page.get_by_test_id("login-name")).not_to_have_text(re.compile("访客|Visitor"))


def open_widget(page: Page) -> None:
    page.get_by_test_id("widget-launcher").click()
    expect(page.get_by_test_id("widget-input")).to_be_visible()


def say(page: Page, text: str) -> None:
    page.get_by_test_id("widget-input").fill(text)
    page.get_by_test_id("widget-send").click()


def no_sideways_scroll(page: Page) -> None:
    """A page that scrolls sideways on a phone is broken."""
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"the page is {wider} px wider than the screen"
