"""An agent's open desk: every change of a ticket and of a job, as it is committed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import anyio
import anyio.to_thread
from fastapi import WebSocket

from chatbot import turns as chatbot_turns
from chatbot.handoff import conversation_of
from foundation import live
from foundation.access import Role, Viewer
from foundation.db import read_session, write_session
from foundation.errors import NotFoundError
from portal_api.errors import RoleRequiredError
from portal_api.routes.ticket_shapes import summary_out
from portal_api.socket_frames import TRY_AGAIN, TYPING_EVERY_S, Frame, Outbox, Throttle, run_together
from ticketing import presence
from ticketing import service as ticketing
from ticketing.errors import AgentNotFoundError

_MAX_ID = 2**31
_SIGN_OF_LIFE_EVERY_S = 25.0
_CHECK_EVERY_S = 10.0  # how long someone who signed out may still hear of tickets


class AgentSocket:
    """One open console."""

    def __init__(self, socket: WebSocket, viewer: Viewer, read_viewer: Callable[[], Viewer]) -> None:
        self._socket = socket
        self._viewer = viewer
        self._read_viewer = read_viewer
        self._checking = Throttle(_CHECK_EVERY_S)
        self._typing = Throttle(TYPING_EVERY_S)
        self._outbox = Outbox()
        self._conversations: dict[int, str | None] = {}  # by ticket, for the typing signal

    async def run(self) -> None:
        """Serve until the client leaves, or may not be here any more, which raises RoleRequiredError."""
        topics = ["tickets", "jobs"] if self._viewer.has_role(Role.EDITOR) else ["tickets"]
        stop = live.listen(topics, lambda _topic, message: self._outbox.put_from_thread(message))
        try:
            await self._socket.send_json({"type": "hello"})
            await run_together(self._read, self._write, self._give_signs_of_life)
        finally:
            stop()

    async def _write(self) -> None:
        while (news := await self._outbox.get()) is not None:
            await self._check()
            frame = await self._frame(news)
            if frame is not None:
                await self._socket.send_json(frame)
        await self._socket.close(TRY_AGAIN, "too slow")

    async def _give_signs_of_life(self) -> None:
        """As long as the console holds the line it is there; a browser that is gone stops answering ours."""
        while True:
            await self._check()
            if self._viewer.agent_id is not None:
                await anyio.to_thread.run_sync(_note_sign_of_life, self._viewer.agent_id)
            await anyio.sleep(_SIGN_OF_LIFE_EVERY_S)

    async def _check(self) -> None:
        """Sockets outlive sign-outs and changes of roles: look again who this is."""
        if self._checking.allows():
            self._viewer = await anyio.to_thread.run_sync(self._read_viewer)
        if not self._viewer.has_role(Role.AGENT):
            raise RoleRequiredError(Role.AGENT)

    async def _frame(self, news: Frame) -> Frame | None:
        """News of a ticket as this agent may see it; other frames as they are."""
        if "event" not in news or "ticket_id" not in news:
            return news
        if news["event"] == "typing":
            return {"type": "typing", "ticket_id": news["ticket_id"]}
        ticket = await anyio.to_thread.run_sync(self._ticket, news["ticket_id"])
        return {"type": "ticket", "event": news["event"], "ticket": ticket} if ticket else None

    def _ticket(self, ticket_id: int) -> Frame | None:
        with read_session() as session:
            try:
                found = ticketing.ticket(session, self._viewer, ticket_id)
            except NotFoundError:
                return None
        matter = found.conversation_id
        self._conversations[ticket_id] = conversation_of(matter) if matter else None
        return summary_out(found).model_dump(mode="json")

    async def _read(self) -> None:
        while True:
            frame = await self._socket.receive_json()
            if not isinstance(frame, dict):
                continue
            if frame.get("type") == "ping":
                self._outbox.put({"type": "pong"})
            elif frame.get("type") == "typing" and frame.get("ticket_id") in range(1, _MAX_ID):
                await self._tell_typing(frame["ticket_id"])

    async def _tell_typing(self, ticket_id: int) -> None:
        if not self._typing.allows():
            return
        if ticket_id not in self._conversations:
            await anyio.to_thread.run_sync(self._ticket, ticket_id)
        conversation_id = self._conversations.get(ticket_id)
        if conversation_id is not None:
            live.tell(chatbot_turns.topic(conversation_id), {"type": "typing", "role": "agent"})


def _note_sign_of_life(agent_id: int) -> None:
    with contextlib.suppress(AgentNotFoundError), write_session() as session:
        presence.heartbeat(session, agent_id)
