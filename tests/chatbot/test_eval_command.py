from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from foundation.settings import Settings, use_settings
from portal_api import cli
from portal_api.commands import eval_answers
from tests.chatbot.test_answer_evaluation import CORPUS, write


def small(settings: Settings, tmp_path: Path) -> str:
    use_settings(settings.model_copy(update={"embedder": "builtin"}))
    write(tmp_path / "small" / "corpus.jsonl", [dict(row) for row in CORPUS])
    write(
        tmp_path / "small" / "queries.jsonl",
        [{"id": "q", "text": "网关出厂密码印在哪里？", "answers": ["右侧标签"]}],
    )
    (tmp_path / "small" / "qrels.tsv").write_text("q\tpassword\t1\n", "utf-8")
    return str(tmp_path / "small")


def test_eval_judges_search_unless_answers_are_asked_for(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, jieda = small(settings, tmp_path), CliRunner()
    searched = jieda.invoke(cli.app, ["eval", folder, "--json"])
    assert searched.exit_code == 0 and json.loads(searched.stdout)["groups"][0]["queries"] == 1
    answered = jieda.invoke(cli.app, ["eval", "answers", folder, "--json"])
    (figures,) = json.loads(answered.stdout)["sets"].values()
    assert figures["unheld"]["contained"] == 1.0
    monkeypatch.setattr(eval_answers, "console", Console(width=200))
    assert "text holds it" in jieda.invoke(cli.app, ["eval", "answers", folder]).stdout
