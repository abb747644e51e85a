"""A small desk and a small knowledge base that conversations run against."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from chatbot import handlers
from foundation.access import ANONYMOUS, Viewer
from foundation.db import write_session
from foundation.settings import Settings
from kb import service as kb
from kb.types import ArticleKind, ChunkKind, Locator, NewArticle, NewChunk, NewSource
from retrieval.passages import embed_articles, embedder_spec
from tests.ticketing.desk import ANN, BOB, DESK, SAM, VERA, who
from ticketing.loading import load_desk

Row = tuple[str, str, str, str, str | None]  # question, answer, language, audience, product

FAQ: list[Row] = [
    ("变频器报 E-203 怎么处理？", "E-203 表示恒速过电流。先拆下电机线空载试运行，再检查电机绝缘，应大于 5 MΩ。", "zh", "public", "YLD300"),
    ("How do I clear fault E-203?", "E-203 is overcurrent at constant speed. Disconnect the motor cable and run without load.", "en", "public", "YLD300"),
    ("网关默认密码是多少？", "用户名 admin，密码是右侧标签上的 8 位字符。", "zh", "public", "YLG20"),
    ("变频器保修期多久？", "变频器保修 24 个月，自发货之日起计算。", "zh", "public", "YLD300"),
    ("VIP 专线电话是多少？", "VIP 专线 0512-5550-0188，每天 7:00–22:00 接听。", "zh", "tier:vip", None),
]  # fmt: skip
SECRET = "0512-5550-0188"


@dataclass(frozen=True)
class House:
    """Who comes and goes in these tests."""

    sam: Viewer  # standard customer
    vera: Viewer  # VIP customer
    bob: Viewer  # agent
    ann: Viewer  # agent
    stranger: Viewer = ANONYMOUS


def article(key: str, row: Row) -> NewArticle:
    question, answer, lang, audience, product = row
    chunk = NewChunk(text=answer, locator=Locator("faq.csv"), kind=ChunkKind.FAQ, lang=lang)
    return NewArticle(
        key=key, title=question, chunks=(chunk,), kind=ArticleKind.FAQ, lang=lang, audience=audience, product=product
    )  # fmt: skip


def publish(rows: list[Row], *, uri: str = "faq.csv") -> None:
    articles = [article(str(n), row) for n, row in enumerate(rows)]
    with write_session() as session:
        shelf = kb.ensure_collection(session, "faq")
        source = NewSource(uri=uri, content_hash=repr(rows), pipeline_version="1")
        kb.publish_source(session, shelf.id, source, articles, embed_articles(articles), embedder_spec())


@pytest.fixture
def house(settings: Settings) -> House:
    """A desk with agents and customers, a few FAQ articles, and the chatbot hearing the desk's news."""
    with write_session() as session:
        load_desk(session, DESK)
        made = House(*(who(session, email) for email in (SAM, VERA, BOB, ANN)))
    publish(FAQ)
    handlers.subscribe()
    return made
