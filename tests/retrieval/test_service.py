from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from foundation import db
from foundation.access import ANONYMOUS, Viewer
from foundation.settings import Settings
from kb import audience, glossary
from kb import service as kb
from retrieval import index_store
from retrieval.service import search, search_together
from retrieval.types import Filters, SearchResult
from tests.retrieval.knowledge import AGENT, FAQ, STANDARD, VIP, article, publish


def found(query: str, viewer: Viewer = ANONYMOUS, **more: object) -> SearchResult:
    with db.read_session() as session:
        return search(session, viewer, query, **more)


def titles(query: str, viewer: Viewer = ANONYMOUS, **more: object) -> list[str]:
    return [hit.title for hit in found(query, viewer, **more).hits]


def test_the_passage_that_has_the_words_comes_first(settings: Settings) -> None:
    publish(
        article("过流故障", "变频器报 E-203 时检查电机电缆是否短路"),
        article("开票", "发票在订单完成后三天内开出"),
        article("网关", "网关离线时检查网线"),
    )
    assert titles("E203 怎么处理")[0] == "过流故障"
    assert titles("发票什么时候开")[0] == "开票"


def test_hits_carry_what_a_citation_needs(settings: Settings) -> None:
    [article_id] = publish(
        article(
            "过流故障",
            "检查电机电缆",
            heading_path=("处理", "步骤"),
            kind=FAQ,
            product="YLD300",
            product_version="3.4",
        )
    )
    [hit] = found("电机电缆").hits
    assert (hit.rank, hit.article_id, hit.heading, hit.lang) == (1, article_id, "处理 › 步骤", "zh")
    assert (hit.kind, hit.product, hit.product_version, hit.collection) == ("faq", "YLD300", "3.4", "main")
    assert hit.to_json()["locator"] == {"uri": "过流故障.md", "page": None, "box": None, "anchor": None}
    assert hit.explanation is None and "explanation" not in hit.to_json()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "   ",
        "\x00",
        '"',
        "AND OR NOT",
        "title:(",
        "*",
        "a" * 100_000,
        "的",
        "\ud800",
        "' OR 1=1 --",
        "😀",
        "[1 TO 2]",
    ],
)
@pytest.mark.parametrize("system", ["hybrid", "lexical", "vector"])
def test_any_text_is_a_safe_query(settings: Settings, query: str, system: str) -> None:
    publish(article("过流", "检查电机电缆"), article("Overcurrent", "check the cable", lang="en"))
    result = found(query, system=system)
    assert len(result.hits) <= 2
    assert result.took_ms >= 0


@pytest.mark.parametrize("query", ["", " \n "])
def test_an_empty_query_finds_nothing(settings: Settings, query: str) -> None:
    publish(article("过流", "检查电机电缆"))
    assert found(query).hits == ()


@pytest.mark.parametrize(("top_k", "expected"), [(0, 0), (1, 1), (3, 3), (100, 5), (-1, 0)])
def test_no_more_hits_than_asked_for(settings: Settings, top_k: int, expected: int) -> None:
    publish(*(article(f"过流 {number}", f"检查电机电缆 {number}") for number in range(5)))
    assert len(found("检查电机电缆", top_k=top_k).hits) == expected


def test_scores_fall_and_ranks_count_from_one(settings: Settings) -> None:
    publish(*(article(f"过流 {number}", "检查 " + "电机 " * number) for number in range(1, 9)))
    hits = found("电机 检查", top_k=8).hits
    assert [hit.rank for hit in hits] == list(range(1, 9))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_each_viewer_finds_what_they_may_read(settings: Settings) -> None:
    rules = ["public", "signed-in", "tier:vip", "company:globex", "staff"]
    publish(*(article(rule, "过流 保护 说明", audience=rule) for rule in rules))
    expected = {
        ANONYMOUS: {"public"},
        VIP: {"public", "signed-in", "tier:vip"},
        STANDARD: {"public", "signed-in", "company:globex"},
        AGENT: set(rules),
    }
    for viewer, readable in expected.items():
        for system in ("hybrid", "lexical", "vector"):
            assert set(titles("过流保护", viewer, system=system)) == readable


_RULES = st.sampled_from(
    ["public", "signed-in", "tier:vip", "company:acme", "company:globex", "staff", "tier:vip+company:globex"]
)


@examples(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(_RULES, min_size=1, max_size=8), st.sampled_from([ANONYMOUS, VIP, STANDARD]), st.integers(1, 10)
)
def test_search_never_leaks_and_never_starves(
    settings: Settings, rules: list[str], viewer: Viewer, top_k: int
) -> None:
    publish(
        *(article(f"{number}", "过流 保护", audience=rule) for number, rule in enumerate(rules)),
        uri="the one",
    )
    readable = {
        str(number)
        for number, rule in enumerate(rules)
        if audience.may_read(viewer, audience.canonical(rule))
    }
    for system in ("hybrid", "lexical", "vector"):
        seen = titles("过流保护", viewer, top_k=top_k, system=system)
        assert set(seen) <= readable
        assert len(seen) == min(top_k, len(readable))


def test_a_deleted_article_is_not_found_even_if_the_index_never_hears(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    [article_id] = publish(article("过流", "检查电机电缆"))
    assert titles("电机电缆") == ["过流"]
    monkeypatch.setattr(index_store, "catch_up", lambda: 0)
    with db.write_session() as session:
        kb.delete_article(session, article_id)
    assert titles("电机电缆") == []


def test_a_deleted_article_is_gone_and_a_restored_one_is_back_at_once(settings: Settings) -> None:
    [article_id] = publish(article("过流", "检查电机电缆"))
    for act, expected in ((kb.delete_article, []), (kb.restore_article, ["过流"]), (kb.delete_article, [])):
        with db.write_session() as session:
            act(session, article_id)
        assert titles("电机电缆") == expected
    assert index_store.check().equal


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), {"a", "b", "c"}),
        (Filters(lang="en"), {"b"}),
        (Filters(kind="faq"), {"c"}),
        (Filters(product="YLD300"), {"a"}),
        (Filters(product_version="4.0"), {"c"}),
        (Filters(collection="elsewhere"), set()),
    ],
)
def test_filters_bind_every_hit(settings: Settings, filters: Filters, expected: set[str]) -> None:
    publish(
        article("a", "motor fault", product="YLD300"),
        article("b", "motor fault", lang="en"),
        article("c", "motor fault", kind=FAQ, product_version="4.0"),
    )
    assert set(titles("motor fault", filters=filters)) == expected


def test_the_explanation_names_words_fields_and_legs(settings: Settings) -> None:
    with db.write_session() as session:
        glossary.put(session, "变频器", "zh", ["VFD"])
    publish(article("VFD 过流", "电机电缆短路", heading_path=("E-203",)), article("网关", "离线"))
    hit = found("变频器 E203 短路", explain=True).hits[0]
    why = hit.explanation
    assert why is not None
    assert {(one.word, one.fields, one.source) for one in why.words} == {
        ("e203", ("heading",), "query"),
        ("203", ("heading",), "query"),
        ("短路", ("body",), "query"),
        ("vfd", ("title",), "synonym of 变频器"),
    }
    assert why.lexical is not None and why.lexical.rank == 1 and why.lexical.score > 0
    assert why.vector is not None and -1 <= why.vector.score <= 1.01
    assert why.fused == hit.score
    assert hit.to_json()["explanation"]["lexical"]["rank"] == 1


def test_a_synonym_finds_what_the_customer_calls_otherwise(settings: Settings) -> None:
    publish(article("变频器接线", "三相电源"), article("网关", "离线"))
    assert titles("VFD", system="lexical") == []
    with db.write_session() as session:
        glossary.put(session, "变频器", "zh", ["VFD"])
    assert titles("VFD", system="lexical") == ["变频器接线"]


def test_a_new_glossary_word_re_cuts_the_articles_it_stands_in(settings: Settings) -> None:
    publish(article("磁环电感器安装", "磁环电感器要靠近电机"), article("网关", "离线"))
    assert "磁环电感器" not in found("磁环电感器").words
    with db.write_session() as session:
        term = glossary.put(session, "磁环电感器", "zh", [])
    assert "磁环电感器" in found("磁环电感器").words
    assert titles("磁环电感器", system="lexical") == ["磁环电感器安装"]
    with db.write_session() as session:
        glossary.remove(session, term.id)
    assert titles("磁环电感器", system="lexical") == ["磁环电感器安装"]


def test_the_same_search_twice_gives_the_same_hits(settings: Settings) -> None:
    publish(*(article(f"{number}", "过流 保护 电机") for number in range(30)))
    assert found("过流保护").hits == found("过流保护").hits


def test_questions_asked_together_find_what_each_finds_alone(settings: Settings) -> None:
    publish(
        article("过流故障", "变频器报 E-203 时检查电机电缆是否短路"),
        article("开票", "发票在订单完成后三天内开出"),
        article("网关", "网关离线时检查网线"),
        article("VIP", "过流停产可走绿色通道", audience="tier:vip"),
    )
    queries = ["过流 E-203", "", "发票什么时候开"]
    for viewer in (ANONYMOUS, VIP):
        with db.read_session() as session:
            together = search_together(session, viewer, queries, 3)
            alone = [search(session, viewer, query, top_k=3).hits for query in queries]
        got = [[(hit.rank, hit.chunk_id, pytest.approx(hit.score)) for hit in hits] for _, hits in together]
        assert got == [[(hit.rank, hit.chunk_id, hit.score) for hit in hits] for hits in alone]
        assert [query.text for query, _ in together] == queries
