from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from chatbot import writing
from foundation.settings import Settings, use_settings
from kb.types import Locator
from models import registry
from models.embedders.fake import FakeEmbedder
from models.errors import ModelUnavailableError
from models.types import Passage
from retrieval.types import Hit

EMBEDDER = FakeEmbedder(64)
TEXTS = ["变频器 YLD300 的保修期为 24 个月，自发货之日起计算。", "网关 YLG20 的保修期为 36 个月。"]


def hit(n: int, text: str) -> Hit:
    return Hit(
        rank=n, score=1.0, chunk_id=10 + n, article_id=n, title="保修", heading="", text=text, lang="zh",
        locator=Locator("faq.csv"), kind="faq", product=None, product_version=None, collection="faq",
    )  # fmt: skip


DRAFT = writing.Draft(
    question="保修多久？", hits=tuple(hit(n, text) for n, text in enumerate(TEXTS, 1)), lang="zh"
)


class Model:
    """Says what it is told to, piece by piece."""

    spec = "test"

    def __init__(self, *pieces: str, error: Exception | None = None, pause_s: float = 0.0) -> None:
        self.pieces, self.error, self.pause_s = pieces, error, pause_s

    def compose(self, question: str, passages: Sequence[Passage], *, lang: str) -> Iterator[str]:
        for piece in self.pieces:
            time.sleep(self.pause_s)
            yield piece
        if self.error is not None:
            raise self.error


@pytest.fixture
def says(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    def use(model: Model, timeout_s: float = 5.0) -> None:
        chatbot = settings.chatbot.model_copy(update={"answer_timeout_s": timeout_s})
        use_settings(
            settings.model_copy(update={"answer_model": "openai:m@http://127.0.0.1:1", "chatbot": chatbot})
        )
        writing._breakers.clear()
        monkeypatch.setattr(writing, "answer_model", lambda *_args, **_more: model)

    yield use
    use_settings(settings)


def test_no_model_means_no_writing(settings: Settings) -> None:
    assert registry.answer_model("extractive") is None
    assert writing.write(DRAFT, EMBEDDER) is None


def test_what_the_passages_carry_is_kept_with_its_citation(says) -> None:
    says(Model("变频器 YLD300 的", "保修期为 24 个月 [1]。网关 YLG20 的保修期为 36 个月 [2]。"))
    made = writing.write(DRAFT, EMBEDDER)
    assert made is not None
    text, cited = made
    assert text == "变频器 YLD300 的保修期为 24 个月。 [1]\n网关 YLG20 的保修期为 36 个月。 [2]"
    assert [(one.n, one.chunk_id) for one in cited] == [(1, 11), (2, 12)]


def test_what_they_do_not_carry_is_dropped_and_never_shown(says) -> None:
    says(
        Model(
            "变频器 YLD300 的保修期为 24 个月 [1]。",
            "我们会在 2 小时内上门维修。",
            "保修期为 60 个月 [2]。完",
        )
    )
    heard: list[str] = []
    made = writing.write(DRAFT, EMBEDDER, heard.append)
    assert made is not None and made[0] == "变频器 YLD300 的保修期为 24 个月。 [1]"
    assert "".join(heard).strip() == "变频器 YLD300 的保修期为 24 个月。"


def test_a_mark_for_a_passage_that_was_not_given_cites_nothing(says) -> None:
    says(Model("变频器 YLD300 的保修期为 24 个月 [7]。"))
    made = writing.write(DRAFT, EMBEDDER)
    assert made is not None and [one.chunk_id for one in made[1]] == [11] and "[7]" not in made[0]


@pytest.mark.parametrize(
    "model",
    [
        Model(error=ModelUnavailableError("m", "refused")),
        Model("变频器 YLD300 的保修期为 24 个月 [1]。", error=RuntimeError("cut")),
        Model("天气不错。"),
        Model(""),
    ],
)
def test_a_model_that_fails_or_says_nothing_true_leaves_the_extractive_answer(says, model: Model) -> None:
    says(model)
    assert writing.write(DRAFT, EMBEDDER) is None


def test_a_slow_model_is_not_waited_for(says) -> None:
    go_on = threading.Event()

    class Slow(Model):
        def compose(self, question: str, passages: Sequence[Passage], *, lang: str) -> Iterator[str]:
            yield "变频器"
            go_on.wait(60)

    says(Slow(), timeout_s=0.3)
    assert writing.write(DRAFT, EMBEDDER) is None
    assert not go_on.is_set()
    go_on.set()


def test_a_model_that_cannot_be_built_leaves_the_extractive_answer(settings: Settings) -> None:
    use_settings(settings.model_copy(update={"answer_model": "nonsense:x"}))
    assert writing.write(DRAFT, EMBEDDER) is None
    use_settings(settings)
