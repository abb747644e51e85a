from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from foundation import clock, db
from foundation.access import ANONYMOUS, Viewer
from foundation.settings import Settings
from kb.types import ArticleKind, ChunkKind, NewArticle
from retrieval import context
from retrieval.context import PageContext, Suggestions
from retrieval.context_queries import queries_of
from retrieval.errors import ImpressionNotFoundError
from retrieval.tables import SuggestionImpressionTable
from tests.retrieval.knowledge import FAQ, STANDARD, VIP, article, publish


def suggest(viewer: Viewer = ANONYMOUS, limit: int = 4, **parts: object) -> Suggestions:
    with db.read_session() as session:
        return context.suggest(session, viewer, PageContext(**parts), limit=limit)


def titles(viewer: Viewer = ANONYMOUS, **parts: object) -> list[str]:
    return [one.title for one in suggest(viewer, **parts).articles]


@pytest.fixture
def desk(settings: Settings) -> None:
    publish(
        article(
            "变频器过流 E-203",
            "E-203 表示输出过流，多为电机电缆短路。",
            "处理步骤",
            product="YLD300",
            markdown="1. 断电后检查电机电缆绝缘\n2. 确认加速时间不小于 5 秒\n3. 联系我们",
            chunk_kind=ChunkKind.LIST,
            translation_key="overcurrent",
        ),
        article(
            "Drive overcurrent E-203",
            "E-203 means output overcurrent, mostly a short circuit in the motor cable.",
            lang="en",
            product="YLD300",
            translation_key="overcurrent",
        ),
        article("网关离线怎么办？", "网关离线时检查网线与电源。", product="YLG20", kind=FAQ),
        article("开具发票", "发票抬头与税号在订单页填写，三个工作日内开出。"),
        article("固件升级", "固件 3.4.0 修复了通信中断的问题。", product="YLD300"),
        article("VIP 绿色通道", "E-203 过流停产可走绿色通道，两小时到场。", audience="tier:vip"),
    )


def test_an_error_code_in_a_field_brings_its_article(desk: None) -> None:
    found = suggest(fields={"故障代码": "E-203"}, product="YLD300", page="/support/new")
    assert found.articles[0].title == "变频器过流 E-203"
    assert "故障代码: E-203" in found.articles[0].why


@pytest.mark.parametrize("written", ["E203", "e-203", "Ｅ－２０３", "报警E-203，停机"])
def test_a_code_is_understood_however_it_is_written(desk: None, written: str) -> None:
    assert titles(fields={"故障代码": written})[0] == "变频器过流 E-203"


def test_a_half_typed_draft_is_enough(desk: None) -> None:
    assert titles(draft="我们要开发")[:1] == [] or "开具发票" in titles(draft="我们要开发票抬")
    assert titles(draft="发票抬头写错")[0] == "开具发票"


def test_a_version_brings_what_is_said_of_it(desk: None) -> None:
    assert "固件升级" in titles(fields={"固件版本": "v3.4.0"}, product="YLD300")


def test_each_field_that_speaks_adds_its_article(desk: None) -> None:
    found = titles(fields={"故障代码": "E-203", "问题": "网关离线"})
    assert {"变频器过流 E-203", "网关离线怎么办？"} <= set(found)


def test_one_row_per_article_and_one_per_translation(desk: None) -> None:
    found = suggest(fields={"故障代码": "E-203"}, draft="E-203 过流 电机电缆", locale="zh")
    ids = [one.article_id for one in found.articles]
    assert len(ids) == len(set(ids))
    assert "Drive overcurrent E-203" not in {one.title for one in found.articles}


@pytest.mark.parametrize(("locale", "first"), [("zh", "变频器过流 E-203"), ("en", "Drive overcurrent E-203")])
def test_the_customer_s_language_comes_first(desk: None, locale: str, first: str) -> None:
    assert titles(fields={"code": "E-203"}, locale=locale)[0] == first


def test_another_product_s_article_stands_behind(settings: Settings) -> None:
    publish(
        article("网关复位", "复位 按住按钮 五秒", product="YLG20"),
        article("变频器复位", "复位 按住按钮 五秒", product="YLD300"),
    )
    assert titles(draft="怎么复位", product="YLD300")[0] == "变频器复位"
    assert titles(draft="怎么复位", product="YLG20")[0] == "网关复位"


def test_nothing_entered_suggests_nothing(desk: None) -> None:
    assert suggest() == Suggestions()


def test_nothing_that_fits_suggests_nothing(settings: Settings) -> None:
    assert suggest(draft="火星天气").articles == ()


@pytest.mark.parametrize(("viewer", "sees"), [(ANONYMOUS, False), (STANDARD, False), (VIP, True)])
def test_a_reserved_article_is_pushed_to_its_readers_only(desk: None, viewer: Viewer, sees: bool) -> None:
    found = suggest(viewer, fields={"故障代码": "E-203"}, draft="过流停产 绿色通道", limit=10)
    assert ("VIP 绿色通道" in {one.title for one in found.articles}) is sees
    assert sees or "绿色" not in str(found.to_json())


def test_checks_come_from_the_steps_that_ask_to_check(desk: None) -> None:
    found = suggest(fields={"故障代码": "E-203"})
    assert [item.text for item in found.checklist][:2] == [
        "断电后检查电机电缆绝缘",
        "确认加速时间不小于 5 秒",
    ]
    assert "联系我们" not in {item.text for item in found.checklist}
    assert found.checklist[0].article_id == found.articles[0].article_id


def test_without_steps_there_is_nothing_to_check(settings: Settings) -> None:
    publish(article("网关离线怎么办？", "检查网线", kind=FAQ))
    assert suggest(draft="网关离线", product="YLG20").checklist == ()


def steps(title: str, heading: str, *lines: str, product: str | None = None) -> NewArticle:
    text = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
    return article(title, text, heading_path=(heading,), product=product, chunk_kind=ChunkKind.LIST)


def test_only_steps_about_the_product_or_the_code_are_checks(settings: Settings) -> None:
    publish(
        steps("发票说明", "常见问题处理", "检查发票抬头"),
        steps("变频器报警", "故障排查", "检查电机电缆", product="YLD300"),
        steps("网关报警 F07", "F07 报警排查", "检查串口接线", product="YLG20"),
    )

    def checks(**parts: object) -> list[str]:
        return [item.text for item in suggest(**parts).checklist]

    assert checks(draft="发票抬头 报警 电缆 串口接线") == []
    assert checks(draft="报警 排查 电机电缆 串口接线", product="YLD300") == ["检查电机电缆"]
    assert checks(fields={"故障代码": "F07"}) == ["检查串口接线"]


def test_what_states_a_fact_or_stands_elsewhere_is_no_check(settings: Settings) -> None:
    publish(
        steps(
            "变频器报警",
            "故障排查",
            "已做过的检查",
            "Tightening torque: 1.2 Nm",
            "重启后参数不变",
            product="YLD300",
        ),
        steps("变频器安装", "安装尺寸", "检查电柜尺寸", product="YLD300"),
    )
    assert [
        item.text for item in suggest(draft="变频器 报警 安装 电柜尺寸", product="YLD300").checklist
    ] == []


def test_a_step_for_another_case_is_no_check(settings: Settings) -> None:
    publish(steps("报警 E-203 与 E-205", "故障排查", "E-205 时：检查制动电阻", "E-203 时：检查电机电缆"))
    assert [item.text for item in suggest(fields={"代码": "E-203"}).checklist] == ["E-203 时：检查电机电缆"]


def test_a_long_manual_does_not_hide_the_entry_that_answers(settings: Settings) -> None:
    chapters = [f"第 {n} 章 电机电缆长度 120 m 环境温度 48 ℃ 安装要求与接线" for n in range(30)]
    publish(
        article("变频器手册", *chapters, product="YLD300", kind=ArticleKind.MANUAL),
        article("电机电缆最长能拉多远？", "电机电缆最长 50 m。", product="YLD300", kind=FAQ),
        article("环境温度高要降额吗？", "环境温度 40 ℃ 以上降额。", product="YLD300", kind=FAQ),
    )
    shown = suggest(fields={"环境温度": "48 °C", "电机电缆长度": "120 m"}, product="YLD300")
    assert {"电机电缆最长能拉多远？", "环境温度高要降额吗？"} <= {one.title for one in shown.articles}
    reasons = {one.title: one.why for one in shown.articles}
    assert reasons["电机电缆最长能拉多远？"] == ("电机电缆长度: 120 m",)


def test_the_product_named_in_a_field_counts_as_the_product(settings: Settings) -> None:
    publish(
        article("变频器复位", "复位 按住按钮 五秒", product="YLD300"),
        article("网关复位", "复位 按住按钮 五秒", product="YLG20"),
    )
    assert titles(fields={"产品": "YLG20 网关", "标题": "怎么复位"})[0] == "网关复位"


def test_a_reason_shows_the_whole_value_not_the_code_in_it() -> None:
    asked = queries_of(PageContext(fields={"电机功率": "5.5 kW（13 A） T5R5"}))
    assert {query.because for query in asked} == {"电机功率: 5.5 kW（13 A） T5R5"}


def test_quantities_are_no_codes_and_later_fields_count_more() -> None:
    asked = queries_of(PageContext(fields={"功率": "5.5 kW", "电流": "13A", "长度": "120 m"}))
    assert [query.text for query in asked] == ["长度 120 m", "电流 13A", "功率 5.5 kW"]


def test_no_more_than_asked_for(desk: None) -> None:
    assert len(suggest(fields={"a": "E-203", "b": "网关离线", "c": "发票抬头"}, limit=2).articles) == 2


@pytest.mark.parametrize("value", ["true", "否", "", "x", "someone@example.com", "13800138000", "KS26041877"])
def test_fields_that_say_nothing_or_who_asks_are_no_question(value: str) -> None:
    asked = queries_of(PageContext(fields={"字段": value}))
    assert not any(
        "someone" in query.text or "138" in query.text or query.text == "字段 true" for query in asked
    )


def test_codes_count_most_and_the_page_least() -> None:
    asked = queries_of(
        PageContext(
            page="/configure/drive", product="YLD300", fields={"故障代码": "E-203"}, draft="电机过流怎么处理"
        )
    )
    weights = [query.weight for query in asked]
    assert weights == sorted(weights, reverse=True)
    assert "E-203" in asked[0].text and "configure" in asked[-1].text


@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.text(max_size=20), st.text(max_size=50), max_size=30),
    st.none() | st.text(max_size=200),
    st.text(max_size=50),
)
def test_any_context_is_safe_and_bounded(
    desk: None, fields: dict[str, str], draft: str | None, page: str
) -> None:
    assert len(queries_of(PageContext(fields=fields, draft=draft, page=page))) <= 8
    assert len(suggest(fields=fields, draft=draft, page=page).articles) <= 4


def test_an_impression_keeps_what_was_shown_and_what_was_opened(desk: None) -> None:
    page = PageContext(page="/support/new", product="YLD300", fields={"故障代码": "E-203"})
    with db.write_session() as session:
        shown = context.suggest(session, VIP, page)
        impression = context.record_impression(session, VIP, page, shown)
    first = shown.articles[0].article_id
    for _ in range(2):
        with db.write_session() as session:
            context.record_opened(session, impression, first)
    with db.read_session() as session:
        row = session.get(SuggestionImpressionTable, impression)
        assert row is not None
        assert (row.person_id, row.page, row.product) == (VIP.person_id, "/support/new", "YLD300")
        assert row.article_ids == [one.article_id for one in shown.articles]
        assert row.opened == [first]
        assert row.context["fields"] == {"故障代码": "E-203"}
        assert row.created_at <= clock.now()


def test_only_what_was_shown_can_be_opened(desk: None) -> None:
    page = PageContext(fields={"故障代码": "E-203"})
    with db.write_session() as session:
        impression = context.record_impression(
            session, ANONYMOUS, page, context.suggest(session, ANONYMOUS, page)
        )
    for wrong in ((impression, 999_999), ("i_nonsense", 1)):
        with pytest.raises(ImpressionNotFoundError), db.write_session() as session:
            context.record_opened(session, *wrong)
