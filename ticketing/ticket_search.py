"""Finding tickets by words: parts of the subject or of the requester's name and address, or the number.

A word matches wherever it stands, also inside another, in Chinese as in English. PostgreSQL finds the places by
pairs of characters (an index of `ticketing_pairs`, see ticketing.tables) and checks each; SQLite looks through.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, and_, cast, func, or_, select

from foundation.db import ReadSession
from ticketing.tables import PersonTable, TicketTable
from ticketing.tables_search import SEARCHED

NEWEST = 1000  # matches that are looked at: with common words the newest are those that are wanted
_NUMBER = re.compile(r"(?:JD-?)?0*(\d{1,9})", re.IGNORECASE)
MOST_WORDS = 12  # each is looked up by itself
_MOST_PEOPLE = 1000


def matching(session: ReadSession, q: str) -> ColumnElement[bool] | None:
    """The tickets in which every word (of the first `MOST_WORDS`) stands somewhere; None if there is no word."""
    words = q.split()[:MOST_WORDS]
    return and_(*[_matches_word(session, word) for word in words]) if words else None


def _matches_word(session: ReadSession, word: str) -> ColumnElement[bool]:
    anywhere: list[ColumnElement[bool]] = [_text_holds(session, word)]
    # Read first and handed in as ids: a subquery beside other conditions would keep every index from being used.
    people = session.scalars(_people(word)).all()
    if people:
        anywhere.append(TicketTable.requester_id.in_(people))
    if numbered := _NUMBER.fullmatch(word):
        anywhere.append(TicketTable.id == int(numbered[1]))
    return or_(*anywhere)


def _people(word: str) -> Any:
    named = PersonTable.name.icontains(word, autoescape=True) | PersonTable.email.icontains(
        word, autoescape=True
    )
    return select(PersonTable.id).where(named).order_by(PersonTable.id.desc()).limit(_MOST_PEOPLE)


def _text_holds(session: ReadSession, word: str) -> ColumnElement[bool]:
    holds = or_(
        TicketTable.subject.icontains(word, autoescape=True),
        TicketTable.requester_name.icontains(word, autoescape=True),
        TicketTable.requester_email.icontains(word, autoescape=True),
    )
    if session.get_bind().dialect.name != "postgresql" or len(word) < 2:
        return holds
    pairs = func.ticketing_pairs(cast(word, Text), type_=ARRAY(Text))
    # second, so that a walk through the newest works out the pairs of what holds the word only
    return and_(holds, SEARCHED.op("@>")(pairs))
