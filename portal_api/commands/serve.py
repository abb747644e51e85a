"""`jieda serve` and `jieda worker`: the processes that stay."""

from __future__ import annotations

import socket
from typing import Annotated

import typer
import uvicorn
from sqlalchemy import select

from foundation import logging
from foundation.db import read_session
from foundation.errors import ConflictError, InvalidInputError
from foundation.settings import get_settings
from portal_api.tables import DemoLoginTable


class PortTakenError(ConflictError):
    """Another program listens on the address already."""

    code = "port_taken"

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"{host}:{port} is taken by another program; choose another port with --port (make run PORT=…)"
        )


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    check: Annotated[bool, typer.Option(help="Only look whether the port is free.")] = False,
) -> None:
    """Run the server: API, widget, portal, console, and the job worker unless Redis is set."""
    _check_free(host, port)
    if check:
        return
    config = uvicorn.Config(
        "portal_api.app:create_app",
        factory=True,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        ws_max_size=256 * 1024,
        timeout_graceful_shutdown=5,
        proxy_headers=True,
    )
    _Server(config).run()


class _Server(uvicorn.Server):
    """Says where to go once the port is really open."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _print_addresses(f"http://{self.config.host}:{self.config.port}")


def _check_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError(host, port) from error


def _print_addresses(base: str) -> None:
    for label, path in (("customer portal", "/portal"), ("agent console", "/console"), ("API", "/docs")):
        typer.echo(f"  {label:<16} {base}{path}")
    with read_session() as session:
        logins = list(session.scalars(select(DemoLoginTable).order_by(DemoLoginTable.position)))
    if logins and get_settings().demo_logins:
        typer.echo("  sample log-ins")
        width = max(len(login.email) for login in logins)
        for login in logins:
            typer.echo(f"    {login.email:<{width}}  {login.password:<14} {login.label_en}")
    typer.echo("  stop with Ctrl+C")


def worker(
    burst: Annotated[bool, typer.Option(help="Stop when nothing waits.")] = False,
) -> None:
    """Run background jobs that come over Redis; start as many as you like."""
    settings = get_settings()
    if not settings.redis_url:
        raise InvalidInputError("JIEDA_REDIS_URL is not set; without Redis the server runs jobs itself")
    logging.configure(level=settings.log_level, log_format=settings.log_format)
    # Imported here: only a worker needs the wiring of every room before its first job.
    from foundation.workers import RqWorker
    from portal_api import wiring

    running = wiring.connect(settings)
    try:
        RqWorker(settings.redis_url).run(burst=burst)
    finally:
        running.stop()
