"""WebSocket doors: a customer's conversation and an agent's desk."""

from __future__ import annotations

import contextlib

import anyio.to_thread
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from foundation.access import Role
from foundation.errors import DomainError, InvalidInputError
from portal_api import metrics
from portal_api.agent_socket import AgentSocket
from portal_api.customer_socket import CustomerSocket
from portal_api.problems import domain_problem
from portal_api.socket_frames import viewer_reader

router = APIRouter()

_POLICY_VIOLATION = 1008
_MAX_SEQ = 2**31 - 1


@router.websocket("/ws")
@router.websocket("/api/v1/ws")
async def customer(socket: WebSocket, conversation: str, token: str | None = None, after: int = 0) -> None:
    """A customer's conversation: sends what is new after `after`, takes turns, handoff and rating."""
    await socket.accept()
    metrics.SOCKETS.labels("customer").inc()
    try:
        viewer = await anyio.to_thread.run_sync(viewer_reader(socket, embedded=True))
        await CustomerSocket(socket, viewer, conversation, token, min(max(after, 0), _MAX_SEQ)).run()
    except WebSocketDisconnect:
        pass
    except DomainError as error:
        await _close_refused(socket, error)
    except (ValueError, KeyError):
        await _close_refused(socket, InvalidInputError("frames are JSON objects"))
    except RuntimeError:
        pass  # the client left while we wrote
    finally:
        metrics.SOCKETS.labels("customer").dec()


async def _close_refused(socket: WebSocket, error: DomainError) -> None:
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await socket.send_json({"type": "error", **domain_problem(error)})
        await socket.close(_POLICY_VIOLATION, error.code)


@router.websocket("/ws/agent")
@router.websocket("/api/v1/ws/agent")
async def agent(socket: WebSocket) -> None:
    """An agent's desk: every change of a ticket and of a job, as it is committed."""
    await socket.accept()
    metrics.SOCKETS.labels("agent").inc()
    try:
        read_viewer = viewer_reader(socket, embedded=False)
        viewer = await anyio.to_thread.run_sync(read_viewer)
        if not viewer.has_role(Role.AGENT):
            await socket.close(_POLICY_VIOLATION, "role_required")
            return
        await AgentSocket(socket, viewer, read_viewer).run()
    except DomainError as error:
        await _close_refused(socket, error)
    except (WebSocketDisconnect, RuntimeError, ValueError, KeyError):
        pass  # the client left, or sent what is no JSON
    finally:
        metrics.SOCKETS.labels("agent").dec()
