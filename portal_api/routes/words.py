"""One text in each language, as the wire carries it."""

from __future__ import annotations

from pydantic import BaseModel


class WordsOut(BaseModel):
    """The same words in Chinese and English."""

    zh: str
    en: str
