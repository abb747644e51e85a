"""`jieda doctor`: look whether everything is there that this installation says it uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import typer
from redis import Redis

from foundation.db import ping, read_session
from foundation.settings import get_settings
from models import registry
from portal_api import database
from portal_api.commands.output import AsJson, print_json
from portal_api.static_files import STATIC
from retrieval import index_store


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str


def _database() -> str:
    with read_session() as session:
        ping(session)
    found, wanted = database.current_revision(), database.wanted_revision()
    if found != wanted:
        raise RuntimeError(f"schema at {found}, this version needs {wanted}: run `jieda db upgrade`")
    return f"{get_settings().sqlalchemy_url().partition('://')[0]}, schema {found}"


def _redis() -> str:
    url = get_settings().redis_url
    if not url:
        return "not used; jobs and live news stay in the server"
    Redis.from_url(url, socket_timeout=2).ping()
    return "answers"


def _embedder() -> str:
    made = registry.embedder(get_settings().embedder)
    made.embed_queries(["发票 invoice"])
    return f"{made.spec}, {made.dim} dimensions"


def _index() -> str:
    report = index_store.check()
    if not report.equal:
        raise RuntimeError(
            f"{report.missing} chunks missing, {report.extra} too many: run `jieda index rebuild`"
        )
    return f"{report.chunks} chunks, up to date"


def _web() -> str:
    missing = [
        name
        for name in ("widget.js", "portal/index.html", "console/index.html")
        if not (STATIC / name).is_file()
    ]
    if missing:
        raise RuntimeError(f"not built: {', '.join(missing)}; run `make web`")
    return "built"


_CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "redis": _redis,
    "embedder": _embedder,
    "index": _index,
    "web pages": _web,
}


def _look(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except Exception as error:  # noqa: BLE001 - a doctor reports every illness and falls to none
        return Finding(name, False, f"{error}")


def doctor(as_json: AsJson = False) -> None:
    """Check database, Redis, embedder, index and pages; exit 1 if something is wrong."""
    findings = [_look(name, check) for name, check in _CHECKS.items()]
    ok = all(finding.ok for finding in findings)
    if as_json:
        print_json({"ok": ok, "checks": [vars(finding) for finding in findings]})
    else:
        for finding in findings:
            typer.echo(f"{'ok ' if finding.ok else 'BAD'}  {finding.name:<10} {finding.detail}")
    if not ok:
        raise typer.Exit(1)
