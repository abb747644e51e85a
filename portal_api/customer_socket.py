"""A customer's open conversation: live, in order, without gaps.

What travels on the bus only says that there is news. The socket remembers the last `seq` it sent and reads
whatever is missing from the database, so a lost or reordered message costs a query, not a turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import anyio.to_thread
from fastapi import WebSocket
from pydantic import ValidationError

from chatbot import service as chatbot
from chatbot import turns as chatbot_turns
from chatbot.types import Saved, UserTurn
from foundation import live
from foundation.access import Viewer
from foundation.db import read_session, retrying, write_session
from foundation.errors import DomainError, InvalidInputError
from foundation.logging import get_logger
from portal_api import inputs, turn_limit
from portal_api.problems import domain_problem
from portal_api.routes.conversations import HandoffIn, RatingIn, TurnIn, count_turns
from portal_api.socket_frames import TRY_AGAIN, TYPING_EVERY_S, Frame, Outbox, Throttle, run_together

_INBOX = 50
_log = get_logger(__name__)


class CustomerSocket:
    """One open widget."""

    def __init__(
        self, socket: WebSocket, viewer: Viewer, conversation_id: str, token: str | None, after: int
    ) -> None:
        self._socket = socket
        self._viewer = viewer
        self._id = conversation_id
        self._token = token
        self._sent = after  # seq of the newest turn this client has
        self._ticket_id: int | None = None
        self._typing = Throttle(TYPING_EVERY_S)
        self._outbox = Outbox()
        self._inbox: asyncio.Queue[Frame] = asyncio.Queue(_INBOX)

    async def run(self) -> None:
        """Serve until the client leaves. Raises DomainError if it may not see the conversation."""
        stop = live.listen([chatbot_turns.topic(self._id)], self._hear)
        try:
            await self._hello()
            await run_together(self._read, self._work, self._write)
        finally:
            stop()

    def _hear(self, _topic: str, message: live.Message) -> None:
        self._outbox.put_from_thread(message)

    async def _hello(self) -> None:
        def read() -> Frame:
            with read_session() as session:
                found = chatbot.conversation(session, self._viewer, self._id, self._token, after=self._sent)
            return found.to_json()

        conversation = await anyio.to_thread.run_sync(read)
        await self._socket.send_json({"type": "hello", "conversation": conversation})
        self._advance(conversation["turns"])
        self._note_ticket(conversation)

    def _note_ticket(self, conversation: Frame) -> None:
        self._ticket_id = (conversation.get("ticket") or {}).get("id")

    def _advance(self, turns: list[Frame]) -> None:
        if turns:
            self._sent = max(self._sent, turns[-1]["seq"])

    async def _write(self) -> None:
        while (frame := await self._outbox.get()) is not None:
            if frame["type"] == "turn":
                await self._send_turn(frame["turn"])
            elif frame["type"] == "catch_up":
                await self._send_missing()
            else:
                if frame["type"] == "conversation":
                    self._note_ticket(frame["conversation"])
                await self._socket.send_json(frame)
        await self._socket.close(TRY_AGAIN, "too slow")

    async def _send_turn(self, turn: Frame) -> None:
        if turn["seq"] == self._sent + 1:
            self._sent = turn["seq"]
            await self._socket.send_json({"type": "turn", "turn": turn})
        elif turn["seq"] > self._sent:
            await self._send_missing()

    async def _send_missing(self) -> None:
        def read() -> list[Frame]:
            with read_session() as session:
                found = chatbot.turns_after(session, self._viewer, self._id, self._token, seq=self._sent)
            return [turn.to_json() for turn in found]

        turns = await anyio.to_thread.run_sync(read)
        self._advance(turns)
        for turn in turns:
            await self._socket.send_json({"type": "turn", "turn": turn})

    async def _read(self) -> None:
        while True:
            frame = await self._socket.receive_json()
            if not isinstance(frame, dict):
                raise InvalidInputError("a frame is a JSON object with a type")
            if not self._is_sound(frame):
                continue
            if frame.get("type") == "ping":
                # A bus may lose messages; asking now and then bounds how long a loss can last.
                self._outbox.put({"type": "pong"})
                self._outbox.put({"type": "catch_up"})
            elif frame.get("type") == "typing":
                self._tell_typing()
            else:
                await self._inbox.put(frame)

    def _is_sound(self, frame: Frame) -> bool:
        try:
            inputs.check(frame)
        except InvalidInputError as error:
            name = frame.get("client_id")
            is_named = isinstance(name, str) and inputs.is_storable(name)
            self._refuse({"client_id": name if is_named else None}, domain_problem(error))
            return False
        return True

    def _tell_typing(self) -> None:
        if self._ticket_id is not None and self._typing.allows():
            live.tell("tickets", {"event": "typing", "ticket_id": self._ticket_id})

    async def _work(self) -> None:
        """One frame after the other: a customer's turns keep their order."""
        while True:
            frame = await self._inbox.get()
            try:
                await anyio.to_thread.run_sync(self._handle, frame)
            except DomainError as error:
                self._refuse(frame, domain_problem(error))
            except ValidationError as error:
                self._refuse(frame, {"code": "invalid_input", "detail": str(error.errors()[0]["msg"])})
            except Exception:  # noqa: BLE001 - one failed turn must not end the conversation
                _log.exception("socket_frame_failed")
                self._refuse(frame, {"code": "internal_error", "detail": "something went wrong; try again"})

    def _refuse(self, frame: Frame, problem: Frame) -> None:
        self._outbox.put({"type": "error", "client_id": frame.get("client_id"), **problem})

    def _handle(self, frame: Frame) -> None:
        handlers: dict[str, Callable[[Frame], None]] = {
            "turn": self._turn,
            "handoff": self._hand_off,
            "rating": self._rate,
        }
        kind = frame.pop("type", None)
        if not isinstance(kind, str) or kind not in handlers:
            raise InvalidInputError(f"unknown frame type {kind!r}")
        turn_limit.check(self._viewer, self._id)
        handlers[kind](frame)

    def _turn(self, frame: Frame) -> None:
        body = TurnIn.model_validate(frame)
        said = UserTurn(text=body.text, client_id=body.client_id, page=body.page, context=body.context)
        saved = retrying(lambda: self._save(said))
        ack = {"type": "ack", "client_id": said.client_id, "turn_id": saved.turn.id, "seq": saved.turn.seq}
        self._outbox.put_from_thread(ack)
        if not saved.owes_answer:
            self._outbox.put_from_thread({"type": "catch_up"})
            return

        def on_delta(text: str) -> None:
            self._outbox.put_from_thread({"type": "delta", "client_id": said.client_id, "text": text})

        finish = partial(chatbot.finish_turn, self._viewer, self._id, saved.turn, on_delta=on_delta)
        count_turns(retrying(finish))

    def _save(self, said: UserTurn) -> Saved:
        with write_session() as session:
            return chatbot.save_user_turn(session, self._viewer, self._id, self._token, said)

    def _hand_off(self, frame: Frame) -> None:
        body = HandoffIn.model_validate(frame)
        with write_session() as session:
            chatbot.hand_off(
                session, self._viewer, self._id, self._token, reason=body.reason, client_id=body.client_id
            )

    def _rate(self, frame: Frame) -> None:
        body = RatingIn.model_validate(frame)
        with write_session() as session:
            chatbot.rate(session, self._viewer, self._id, self._token, body.rating, body.comment)
