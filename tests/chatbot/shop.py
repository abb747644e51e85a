"""The sample company's desk with its order system on a loopback port, and one that misbehaves."""

from __future__ import annotations

import importlib.util
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chatbot import actions, handlers, handoff_triggers
from foundation.access import ANONYMOUS, Viewer
from foundation.db import write_session
from foundation.settings import get_settings, use_settings
from portal_api import sample_systems
from portal_api.sample import read_actions
from ticketing import directory
from ticketing.loading import load_desk

EXAMPLE = Path(__file__).parents[2] / "examples" / "yanling"
SYSTEM = "yanling-orders"
TOKEN = "a token"


@dataclass(frozen=True)
class Shop:
    """Who comes and goes."""

    liu: Viewer  # 牧野食品机械, standard, zh: orders SO26-104381 (confirmed), SO26-103977 (shipped)
    tom: Viewer  # Oakfield Pumps, standard, en: SO26-104402 (confirmed), SO26-104120 (picking)
    elin: Viewer  # Norvik, VIP
    agent: Viewer
    stranger: Viewer = ANONYMOUS


def open_shop() -> Shop:
    company = yaml.safe_load((EXAMPLE / "company.yaml").read_text("utf-8"))
    with write_session() as session:
        load_desk(session, company)
        handoff_triggers.upsert_rules(session, company["handoff_rules"])
        actions.load_system(session, read_actions(EXAMPLE / "erp" / "actions.yaml"))
        emails = (
            "liu.fang@muye-food.example",
            "tom.whitaker@oakfield-pumps.example",
            "elin.sandberg@norvik-packaging.example",
            "luo.dan@yanling.example",
        )
        made = Shop(*(directory.viewer_by_email(session, email) for email in emails))
    handlers.subscribe()
    return made


def erp_app(token: str | None = TOKEN) -> Any:
    spec = importlib.util.spec_from_file_location("sample_erp_under_test", EXAMPLE / "erp" / "app.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.create_app(token)


def connect(url: str, token: str = TOKEN) -> None:
    """Say where the order system is."""
    settings = get_settings()
    update = {"system_urls": {SYSTEM: url}, "system_tokens": {SYSTEM: token}}
    use_settings(settings.model_copy(update={"chatbot": settings.chatbot.model_copy(update=update)}))


@contextmanager
def running(app: Any) -> Iterator[str]:
    """Serve `app` on a free loopback port and connect the bot to it."""
    made = sample_systems.serve(app)
    connect(made.url)
    try:
        yield made.url
    finally:
        made.stop()


@dataclass
class Oddity:
    """An order system whose answers a test chooses; it counts what it was asked."""

    answer: Callable[[Request], Response]
    heard: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, idempotency key
    released: threading.Event = field(default_factory=threading.Event)

    def app(self) -> Starlette:
        def all_of_it(request: Request) -> Response:
            key = request.headers.get("idempotency-key", "")
            self.heard.append((request.method, request.scope["raw_path"].decode(), key))
            return self.answer(request)

        return Starlette(routes=[Route("/{path:path}", all_of_it, methods=["GET", "POST", "PUT"])])

    def slow(self, _request: Request) -> Response:
        self.released.wait(30)
        return JSONResponse({})


def status(code: int, body: Any = None) -> Callable[[Request], Response]:
    return lambda _request: JSONResponse(body or {"detail": "no"}, status_code=code)


def nonsense(_request: Request) -> Response:
    return Response("<html>maintenance</html>", media_type="text/html")


def until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait for a condition; fails when it does not come true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)
