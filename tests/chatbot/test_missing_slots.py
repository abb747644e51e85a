"""A question whose answer depends on a product or version that it does not name is asked back, with choices."""

from __future__ import annotations

import pytest

from chatbot import editions
from chatbot import service as chatbot
from chatbot.types import Turn, TurnKind
from foundation.access import ANONYMOUS
from foundation.db import write_session
from foundation.settings import Settings, use_settings
from kb import service as kb
from kb.types import ArticleKind, ChunkKind, Locator, NewArticle, NewChunk, NewSource
from retrieval.passages import embed_articles, embedder_spec
from tests.chatbot.talk import Talk

ZH, EN = "单个事务的大小限制是多少？", "How large may one transaction be?"
# question, answer, language, product, version; 8.5 says the same as 7.5
ENTRIES = [
    (ZH, "单个事务的总大小默认不超过 100 MB，由 txn-total-size-limit 决定。", "zh", None, "4.0"),
    (ZH, "单个事务默认最多 10 GB；内存由 tidb_mem_quota_query 限制，不再看条数。", "zh", None, "7.5"),
    (ZH, "单个事务默认最多 10 GB；内存由 tidb_mem_quota_query 限制，不再看条数。", "zh", None, "8.5"),
    (EN, "The total size of one transaction is 100 MB by default, see txn-total-size-limit.", "en", None, "4.0"),
    (EN, "One transaction may take 10 GB; memory is limited by tidb_mem_quota_query.", "en", None, "v7.5"),
    ("如何查看集群拓扑？", "执行 tiup cluster display 查看。", "zh", None, "4.0"),
    ("如何查看集群拓扑？", "打开 Dashboard 的集群信息页，或执行 tiup cluster display。", "zh", None, "8.5"),
    ("怎样恢复出厂设置？", "把 P0-10 设为 1，再按确认键。", "zh", "YLD300", None),
    ("怎样恢复出厂设置？", "按住 RST 键 8 秒，指示灯全亮后松开。", "zh", "YLG20", None),
    ("指示灯红色闪烁怎么办？", "红灯闪烁表示过热，先检查风扇。", "zh", "YLD300", None),
    ("指示灯红色闪烁怎么办？", "红灯闪烁表示断网，检查网线。", "zh", "YLG20", None),
    ("可以开发票吗？", "可以，订单发货后 3 个工作日内开出。", "zh", None, None),
]  # fmt: skip


@pytest.fixture(autouse=True)
def known(settings: Settings) -> None:
    use_settings(settings.model_copy(update={"embedder": "builtin"}))
    articles = [
        NewArticle(
            key=str(n),
            title=question,
            chunks=(NewChunk(text=answer, locator=Locator("faq.csv"), kind=ChunkKind.FAQ, lang=lang),),
            kind=ArticleKind.FAQ,
            lang=lang,
            product=product,
            product_version=version,
        )
        for n, (question, answer, lang, product, version) in enumerate(ENTRIES)
    ]
    with write_session() as session:
        shelf = kb.ensure_collection(session, "faq")
        source = NewSource(uri="faq.csv", content_hash="1", pipeline_version="1")
        kb.publish_source(session, shelf.id, source, articles, embed_articles(articles), embedder_spec())


def choices(turn: Turn) -> dict[str, str]:
    return {one.label: one.value for one in turn.actions if one.type == "choice"}


def test_the_version_is_asked_for_and_those_that_say_the_same_are_one_choice() -> None:
    talk = Talk.begin(ANONYMOUS)
    asked = talk.say(ZH)[-1]
    assert asked.kind is TurnKind.CLARIFY
    assert "哪个版本" in asked.text
    assert list(choices(asked)) == ["8.5、7.5", "4.0"]
    assert asked.actions[-1].type == "handoff"


@pytest.mark.parametrize(("version", "holds"), [("8.5、7.5", "10 GB"), ("4.0", "100 MB")])
def test_a_tapped_version_is_answered_from_its_own_article(version: str, holds: str) -> None:
    talk = Talk.begin(ANONYMOUS)
    answer = talk.say(choices(talk.say(ZH)[-1])[version])[-1]
    assert answer.kind is TurnKind.ANSWER
    assert holds in answer.text


def test_the_version_is_asked_for_in_english_too() -> None:
    talk = Talk.begin(ANONYMOUS, locale="en")
    asked = talk.say(EN)[-1]
    assert asked.kind is TurnKind.CLARIFY
    assert "Which one do you use" in asked.text
    answer = talk.say(choices(asked)["4.0"])[-1]
    assert "100 MB" in answer.text


@pytest.mark.parametrize("typed", ["4.0", "v4.0", "是 4.0 版本", "用的 4.0"])
def test_a_version_typed_instead_of_tapped_answers_the_question_asked_before(typed: str) -> None:
    talk = Talk.begin(ANONYMOUS)
    talk.say(ZH)
    answer = talk.say(typed)[-1]
    assert answer.kind is TurnKind.ANSWER
    assert "100 MB" in answer.text


def test_the_version_is_carried_into_the_next_question() -> None:
    talk = Talk.begin(ANONYMOUS)
    talk.say(ZH)
    talk.say("4.0")
    answer = talk.say("如何查看集群拓扑？")[-1]
    assert answer.kind is TurnKind.ANSWER
    assert "Dashboard" not in answer.text


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        (f"4.0 版本中{ZH}", "100 MB"),
        (f"v4.0.9 {ZH}", "100 MB"),
        ("在 8.5 里如何查看集群拓扑？", "Dashboard"),
        (f"{ZH.removesuffix('？')}，我用的是 v7.5", "10 GB"),
    ],
)
def test_a_question_that_names_its_version_is_answered_for_that_version(question: str, holds: str) -> None:
    answer = chatbot.ask(ANONYMOUS, question)
    assert answer.kind == "answer"
    assert holds in answer.text


def test_a_comparison_of_versions_is_not_answered_for_one_of_them() -> None:
    assert chatbot.ask(ANONYMOUS, f"4.0 和 8.5 {ZH}").kind != "answer"


def test_what_has_no_version_is_answered_after_one_was_chosen() -> None:
    talk = Talk.begin(ANONYMOUS)
    talk.say(ZH)
    talk.say("4.0")
    assert "3 个工作日" in talk.say("可以开发票吗？")[-1].text


def test_the_product_is_asked_for_typed_and_carried_over() -> None:
    talk = Talk.begin(ANONYMOUS)
    asked = talk.say("怎样恢复出厂设置？")[-1]
    assert asked.kind is TurnKind.CLARIFY
    assert set(choices(asked)) == {"YLD300", "YLG20"}
    assert "RST" in talk.say("YLG20")[-1].text
    assert "断网" in talk.say("指示灯红色闪烁怎么办？")[-1].text


def test_the_page_s_product_is_not_asked_for() -> None:
    talk = Talk.begin(ANONYMOUS, context={"product": "YLG20"})
    assert "RST" in talk.say("怎样恢复出厂设置？")[-1].text


def test_another_question_after_being_asked_is_a_question_of_its_own() -> None:
    talk = Talk.begin(ANONYMOUS)
    talk.say(ZH)
    assert "3 个工作日" in talk.say("可以开发票吗？")[-1].text


@pytest.mark.parametrize(
    ("text", "version"),
    [("v4.0.9 怎么升级", "4.0.9"), ("从 4.0 升到 5.4", None), ("P0-10 设多少", None), ("192.168.10.20", "192.168.10.20")],
)  # fmt: skip
def test_one_version_is_named_or_none(text: str, version: str | None) -> None:
    assert editions.named(text) == version


def test_a_patch_belongs_to_its_line() -> None:
    assert editions.meant("4.0.9", ["4", "4.0", "5.4"]) == "4.0"
    assert editions.meant("5", ["5.4"]) is None
    assert editions.meant("V5.4", ["v5.4"]) == "v5.4"
