from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from structlog.testing import capture_logs
from typer.testing import CliRunner

from foundation import db
from foundation.settings import Settings
from kb import service as kb
from portal_api import database
from portal_api.commands import eval as eval_command
from portal_api.commands import index, search
from retrieval import index_store
from tests.retrieval.knowledge import article, publish
from tests.retrieval.test_evaluation import CORPUS, QUERIES, judged, write


@pytest.fixture
def jieda(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[typer.Typer]:
    """The commands alone, on the test's own database, whose tables are there already."""
    monkeypatch.setattr(database, "prepare", lambda: None)
    app = typer.Typer()
    app.command("search")(search.search)
    app.command("eval")(eval_command.evaluate)
    app.add_typer(index.app, name="index")
    with capture_logs():  # the real command sends them to standard error
        yield app


def run(app: typer.Typer, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == code, done.output
    return done.stdout


def test_search_prints_one_json_object_of_the_contract(jieda: typer.Typer) -> None:
    publish(article("过流", "E-203 检查电机电缆"), article("Overcurrent", "E-203 check the cable", lang="en"))
    body = json.loads(run(jieda, "search", "E203 电机", "--json", "--top-k", "1"))
    [hit] = body["hits"]
    assert body["took_ms"] > 0
    assert (hit["rank"], hit["title"], hit["lang"]) == (1, "过流", "zh")
    assert {"score", "chunk_id", "article_id", "heading", "text", "locator"} <= set(hit)
    assert set(hit["locator"]) == {"uri", "page", "box", "anchor"}


def test_search_keeps_to_a_language_and_explains(jieda: typer.Typer) -> None:
    publish(article("过流", "E-203 检查电机电缆"), article("Overcurrent", "E-203 check the cable", lang="en"))
    body = json.loads(run(jieda, "search", "E203", "--lang", "en", "--explain", "--json"))
    assert [hit["title"] for hit in body["hits"]] == ["Overcurrent"]
    assert body["hits"][0]["explanation"]["words"][0] == {
        "word": "e203",
        "fields": ["body"],
        "source": "query",
        "weight": 1.0,
    }
    assert "e203 (body)" in run(jieda, "search", "E203", "--explain")


def test_search_keeps_to_a_product_and_an_edition(jieda: typer.Typer) -> None:
    publish(
        *(
            article(
                f"{product} {version}", f"电机过流的处理 {product}", product=product, product_version=version
            )
            for product in ("YLD300", "YLG20")
            for version in ("2.1", "3.0")
        )
    )
    body = json.loads(
        run(jieda, "search", "过流", "--product", "YLG20", "--product-version", "2.1", "--json")
    )
    assert [hit["title"] for hit in body["hits"]] == ["YLG20 2.1"]
    assert body["hits"][0]["product_version"] == "2.1"


def test_search_says_what_it_took_words_for_and_what_it_folded(jieda: typer.Typer) -> None:
    for version in ("2.1", "3.0"):
        publish(article("手册", "电子发票三天内开出", product_version=version), uri=version)
    told = run(jieda, "search", "fapiao", "--explain")
    assert "“fapiao” stands nowhere; looked for “发票” instead (pinyin)" in told
    assert "发票 (body; pinyin of fapiao)" in told
    assert "stands for 1 that say the same" in " ".join(told.split())
    body = json.loads(run(jieda, "search", "fapiao", "--explain", "--json"))
    why = body["hits"][0]["explanation"]
    assert sum(why["parts"].values()) == pytest.approx(why["fused"])
    assert why["rescued"] == body["rescued"] == [{"written": "fapiao", "meant": "发票", "how": "pinyin"}]
    assert [twin["product_version"] for twin in why["collapsed"]] == ["2.1"]


def test_search_for_nothing_is_no_failure(jieda: typer.Typer) -> None:
    assert json.loads(run(jieda, "search", "", "--json"))["hits"] == []
    assert "no passages" in run(jieda, "search", "anything")


def test_an_unknown_language_is_bad_usage(jieda: typer.Typer) -> None:
    run(jieda, "search", "x", "--lang", "fr", code=2)


def test_eval_prints_one_json_object_of_the_contract(jieda: typer.Typer, tmp_path: Path) -> None:
    folder = write(tmp_path / "bench", CORPUS, QUERIES, judged())
    body = json.loads(run(jieda, "eval", str(folder), "--system", "lexical", "--json"))
    assert body["system"] == "lexical" and len(body["groups"]) == 3
    assert "answer_only" in run(jieda, "eval", str(folder))


def test_eval_of_a_missing_folder_is_bad_usage(jieda: typer.Typer, tmp_path: Path) -> None:
    run(jieda, "eval", str(tmp_path / "nowhere"), code=2)


def test_index_check_tells_equal_from_different(jieda: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    [article_id] = publish(article("过流", "检查电机电缆"))
    assert json.loads(run(jieda, "index", "check", "--json"))["equal"]
    monkeypatch.setattr(index_store, "catch_up", lambda: 0)
    with db.write_session() as session:
        kb.delete_article(session, article_id)
    body = json.loads(run(jieda, "index", "check", "--json", code=1))
    assert (body["equal"], body["missing"], body["extra"]) == (False, 0, 1)


def test_index_rebuild_reaches_the_database(jieda: typer.Typer) -> None:
    publish(article("过流", "检查电机电缆"))
    assert json.loads(run(jieda, "index", "rebuild", "--json"))["sequence"] == 1
