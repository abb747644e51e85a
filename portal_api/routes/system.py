"""Health and metrics of this process."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from redis import Redis

from foundation.db import ping, read_session
from foundation.logging import get_logger
from foundation.settings import get_settings
from portal_api import database
from retrieval import index_store

router = APIRouter(tags=["system"])
_log = get_logger(__name__)


class HealthOut(BaseModel):
    """The process answers."""

    status: str


class ReadyOut(BaseModel):
    """Whether each part this process needs is there."""

    status: str
    checks: dict[str, bool]


@router.get("/healthz")
def healthz() -> HealthOut:
    """Answers as long as the process lives."""
    return HealthOut(status="ok")


@router.get("/readyz", responses={503: {"model": ReadyOut}})
def readyz(request: Request) -> Response:
    """Whether this process can serve: database and schema, index, jobs."""

    def jobs_run() -> bool:
        worker = request.app.state.running.worker
        if worker is not None:
            return bool(worker.is_alive())
        return bool(Redis.from_url(get_settings().redis_url, socket_timeout=2).ping())

    parts = {"database": _database_fits, "index": _index_serves, "jobs": jobs_run}
    checks = {name: _holds(name, part) for name, part in parts.items()}
    ready = all(checks.values())
    body = ReadyOut(status="ready" if ready else "not_ready", checks=checks)
    return JSONResponse(body.model_dump(), status_code=200 if ready else 503)


def _index_serves() -> bool:
    with read_session() as session:
        index_store.fresh(session)
    return True


def _database_fits() -> bool:
    with read_session() as session:
        ping(session)
    return database.current_revision() == database.wanted_revision()


def _holds(name: str, part: Callable[[], bool]) -> bool:
    try:
        return part()
    except Exception:  # noqa: BLE001 - whatever is wrong with a part, the answer is that it is not ready
        _log.exception("not_ready", part=name)
        return False


@router.get("/metrics", response_class=Response)
def metrics() -> Response:
    """Prometheus metrics."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
