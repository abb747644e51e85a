"""The bot on the sample company's own documents and the questions customers type about them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chatbot import evaluation
from chatbot import service as chatbot
from chatbot.evaluation import Outcome
from foundation import jobs
from foundation.access import ANONYMOUS
from foundation.db import write_session
from foundation.settings import Settings, use_settings
from ingest import service as ingest
from ingest.types import IngestRequest

EXAMPLE = Path(__file__).parents[2] / "examples" / "yanling"


@pytest.fixture
def yanling(settings: Settings) -> None:
    use_settings(settings.model_copy(update={"embedder": "builtin"}))
    with write_session() as session:
        ingest.start(session, IngestRequest(paths=(str(EXAMPLE / "knowledge"),)))
    while jobs.run_one():
        pass


@pytest.mark.slow
def test_typed_questions_are_answered_rightly_or_not_at_all(yanling: None) -> None:
    rows = [json.loads(line) for line in (EXAMPLE / "questions.jsonl").read_text("utf-8").splitlines()]
    found = evaluation.evaluate(ANONYMOUS, rows)
    figures = evaluation.figures(found)["all"]
    assert figures[Outcome.INVENTED] == 0
    assert figures["right_of_given"] >= 0.9
    assert figures[Outcome.RIGHT] >= 0.4 * len(rows)
    for question in ("What is the weather in Paris?", "帮我写一首诗", "who is the president of France"):
        assert chatbot.ask(ANONYMOUS, question).citations == ()
