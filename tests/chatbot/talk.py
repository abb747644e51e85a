"""A customer's conversation as tests hold it."""

from __future__ import annotations

from dataclasses import dataclass

from chatbot import service as chatbot
from chatbot.types import Conversation, Json, Turn, UserTurn
from foundation.access import Viewer
from foundation.db import read_session, write_session
from ticketing import service as ticketing
from ticketing.types import NewReply, Ticket


@dataclass
class Talk:
    """One conversation seen from the customer's side; every call is a transaction of its own."""

    viewer: Viewer
    id: str
    token: str

    @classmethod
    def begin(
        cls, viewer: Viewer, *, locale: str = "zh", page: str | None = None, context: Json | None = None
    ) -> Talk:
        with write_session() as session:
            made, token = chatbot.start(session, viewer, locale=locale, page=page, context=context)
        return cls(viewer, made.id, token)

    def say(self, text: str, client_id: str | None = None, **more: object) -> list[Turn]:
        said = UserTurn(text=text, client_id=client_id or f"k{self.see().last_seq}-{text}"[:90], **more)  # type: ignore[arg-type]
        return chatbot.answer_turn(self.viewer, self.id, self.token, said)

    def see(self) -> Conversation:
        with read_session() as session:
            return chatbot.conversation(session, self.viewer, self.id, self.token)

    def hand_off(self, client_id: str | None = None, reason: str | None = None) -> Conversation:
        with write_session() as session:
            return chatbot.hand_off(
                session, self.viewer, self.id, self.token, client_id=client_id, reason=reason
            )

    def rate(self, rating: int, comment: str = "") -> Conversation:
        with write_session() as session:
            return chatbot.rate(session, self.viewer, self.id, self.token, rating, comment)

    def ticket(self, viewer: Viewer) -> Ticket:
        ticket_id = self.see().ticket_id
        assert ticket_id is not None
        with read_session() as session:
            return ticketing.ticket(session, viewer, ticket_id)


def agent_replies(agent: Viewer, ticket_id: int, text: str, **more: object) -> None:
    with write_session() as session:
        ticketing.reply(session, agent, ticket_id, NewReply(text=text, **more))  # type: ignore[arg-type]


def agent_resolves(agent: Viewer, ticket_id: int) -> None:
    with write_session() as session:
        ticketing.resolve(session, agent, ticket_id)


def agent_claims(agent: Viewer, ticket_id: int) -> None:
    with write_session() as session:
        ticketing.claim(session, agent, ticket_id)
