"""Of passages that say the same one is shown; what differs in a number or a product is never folded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from foundation import db
from foundation.access import ANONYMOUS
from foundation.settings import Settings
from kb.types import ArticleKind, Chunk, ChunkKind, Locator
from retrieval.evaluation import evaluate
from retrieval.service import search
from retrieval.twins import are_twins
from retrieval.types import Filters, Hit
from tests.retrieval.knowledge import article, publish

TEXT = "变频器过流报警时，先检查电机电缆是否短路，再检查加速时间是否过短，最后检查负载是否卡死，然后复位。"


def hits(query: str, **more: object) -> list[Hit]:
    with db.read_session() as session:
        return list(search(session, ANONYMOUS, query, **more).hits)


def edition(version: str, text: str = TEXT, **more: object) -> list[int]:
    return publish(
        article(f"YLD300 手册 {version}", text, product="YLD300", product_version=version, **more),
        uri=f"{version}-{text[:4]}.md",
    )


def test_the_newest_edition_stands_for_all(settings: Settings) -> None:
    for version in ("2.1", "10.0", "9.3"):
        edition(version)
    [hit] = hits("过流报警怎么处理", explain=True)
    assert hit.product_version == "10.0"
    assert {twin.product_version for twin in hit.collapsed} == {"2.1", "9.3"}
    assert hit.explanation is not None
    assert set(hit.explanation.collapsed) == set(hit.collapsed)
    assert [twin["product_version"] for twin in hit.to_json()["collapsed"]]


def test_the_edition_a_question_names_stands_for_all(settings: Settings) -> None:
    for version in ("2.1", "10.0", "9.3"):
        edition(version)
    assert hits("v2.1 过流报警怎么处理")[0].product_version == "2.1"
    assert hits("过流报警 9.3")[0].product_version == "9.3"


@pytest.mark.parametrize("version", ["2.1", "10.0", "9.3"])
def test_a_filter_is_never_answered_with_another_edition(settings: Settings, version: str) -> None:
    for known in ("2.1", "10.0", "9.3"):
        edition(known)
    [hit] = hits("过流报警怎么处理", filters=Filters(product_version=version))
    assert (hit.product_version, hit.collapsed) == (version, ())


def test_a_mirrored_page_is_shown_once(settings: Settings) -> None:
    publish(article("过流", TEXT), uri="a.md", collection="one")
    publish(article("过流", f" {TEXT.replace('，', ', ')}\n"), uri="b.md", collection="two")
    [hit] = hits("过流报警怎么处理")
    [twin] = hit.collapsed
    assert {hit.collection, twin.collection} == {"one", "two"}


def test_everything_is_shown_where_nothing_is_to_be_folded(settings: Settings) -> None:
    for version in ("2.1", "10.0"):
        edition(version)
    assert len(hits("过流报警怎么处理", collapse=False)) == 2


def test_folding_leaves_no_gap(settings: Settings) -> None:
    for version in ("1.0", "2.0", "3.0", "4.0"):
        edition(version)
    publish(*(article(f"过流 {number}", f"过流报警的第 {number} 种原因") for number in range(6)))
    found = hits("过流报警", top_k=5)
    assert [hit.rank for hit in found] == [1, 2, 3, 4, 5]
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
    assert sum(hit.product == "YLD300" for hit in found) <= 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"title": "YLD300", "text": TEXT}, {"title": "YLD500", "text": TEXT}),
        ({"product": "YLD300"}, {"product": "YLD500"}),
        ({"text": TEXT + "输入 3.3 V"}, {"text": TEXT + "输入 5.0 V"}),
        ({"text": "E-203 " + TEXT}, {"text": "E-204 " + TEXT}),
        ({"text": TEXT}, {"text": TEXT + TEXT.replace("短路", "断路")}),
        ({"lang": "zh"}, {"lang": "en"}),
        ({"heading_path": ("启动",)}, {"heading_path": ("停止",)}),
        ({"title": "手册 2019"}, {"title": "手册 2020"}),  # no edition is declared
        ({"article_id": 5}, {"article_id": 5}),
    ],
)
def test_what_differs_in_substance_is_not_folded(first: dict[str, object], second: dict[str, object]) -> None:
    one, other = chunk(1, **first), chunk(2, **second)
    assert not are_twins(one, other)
    assert not are_twins(other, one)


def test_a_word_or_two_may_differ() -> None:
    long = TEXT * 3
    assert are_twins(chunk(1, text=long), chunk(2, text=long + "谢谢"))
    assert are_twins(chunk(1, text="好"), chunk(2, text="好"))
    assert not are_twins(chunk(1, text="好"), chunk(2, text="坏"))


def chunk(number: int, **more: object) -> Chunk:
    made: dict[str, object] = {
        "article_id": number,
        "title": "过流",
        "text": TEXT,
        "heading_path": (),
        "lang": "zh",
    }
    return Chunk(
        **{
            "id": number,
            "position": 0,
            "markdown": None,
            "kind": ChunkKind.TEXT,
            "locator": Locator("a.md"),
            "article_kind": ArticleKind.GUIDE,
            "product": None,
            "product_version": None,
            "audience": "public",
            "collection": "main",
            "updated_at": datetime(2026, 1, 1, tzinfo=UTC),
            **made,
            **more,
        }
    )


def test_an_evaluation_sees_every_document_judged(settings: Settings, tmp_path: Path) -> None:
    rows = [{"id": name, "title": "过流", "text": TEXT, "lang": "zh"} for name in ("a", "b", "c")]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (tmp_path / "queries.jsonl").write_text(
        json.dumps({"id": "q", "text": "过流报警怎么处理", "lang": "zh"}), "utf-8"
    )
    (tmp_path / "qrels.tsv").write_text("".join(f"q\t{name}\t1\n" for name in ("a", "b", "c")), "utf-8")
    [(_, _, mean)] = evaluate(tmp_path).group_figures()
    assert mean.recall == 1.0
