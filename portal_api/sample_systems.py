"""The sample company's order system: a real service on a loopback port, started beside the server.

The bot calls it over HTTP like any vendor's system. It runs only where the sample company is loaded, on a free
port, with a token of its own; both are put into the settings of this process.
"""

from __future__ import annotations

import importlib.util
import secrets
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
import yaml
from sqlalchemy import select

from foundation.db import read_session
from foundation.logging import get_logger
from foundation.settings import Settings, get_settings, use_settings
from portal_api.sample import EXAMPLES
from portal_api.tables import DemoCompanyTable

_START_S = 10.0
_log = get_logger(__name__)


@dataclass
class SampleSystem:
    """A running sample system."""

    url: str
    server: uvicorn.Server
    thread: threading.Thread

    def stop(self) -> None:
        """End it and wait until it has ended."""
        self.server.should_exit = True
        self.thread.join(_START_S)


def start_if_loaded(settings: Settings) -> SampleSystem | None:
    """Start the order system of the sample company if that is loaded and no other address is set for it."""
    with read_session() as session:
        slugs = list(session.scalars(select(DemoCompanyTable.slug)))
    for slug in slugs:
        folder = EXAMPLES / slug / "erp"
        if not (folder / "app.py").is_file():
            continue
        system = yaml.safe_load((folder / "actions.yaml").read_text("utf-8"))["slug"]
        if system in settings.chatbot.system_urls:
            continue
        token = secrets.token_urlsafe(24)
        running = serve(_load(folder).create_app(token))
        _connect(system, running.url, token)
        _log.info("sample_system_started", system=system, url=running.url)
        return running
    return None


def _load(folder: Path) -> Any:
    spec = importlib.util.spec_from_file_location("jieda_sample_erp", folder / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _connect(system: str, url: str, token: str) -> None:
    settings = get_settings()
    chatbot = settings.chatbot.model_copy(
        update={
            "system_urls": {**settings.chatbot.system_urls, system: url},
            "system_tokens": {**settings.chatbot.system_tokens, system: token},
        }
    )
    use_settings(settings.model_copy(update={"chatbot": chatbot}))


def serve(app: Any) -> SampleSystem:
    """Serve an application on a free loopback port in a thread. Raises RuntimeError if it does not start."""
    listening = socket.socket(socket.AF_INET)
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listening]}, name="jieda-sample-system", daemon=True
    )
    thread.start()
    until = time.monotonic() + _START_S
    while not server.started:
        if time.monotonic() > until or not thread.is_alive():
            raise RuntimeError("the sample system did not start")
        time.sleep(0.01)
    return SampleSystem(f"http://127.0.0.1:{port}", server, thread)
