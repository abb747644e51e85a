"""Whole conversations with the sample company's bot: what comes of each turn, and what the reply holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from chatbot import handlers
from chatbot.types import Turn
from chatbot.words import squeezed
from foundation import jobs
from foundation.access import ANONYMOUS, Viewer
from foundation.db import read_session, write_session
from foundation.settings import Settings, use_settings
from ingest import service as ingest
from ingest.types import IngestRequest
from tests.chatbot.talk import Talk
from ticketing import directory
from ticketing.loading import load_desk

EXAMPLE = Path(__file__).parents[2] / "examples" / "yanling"
DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.yaml"))


@pytest.fixture
def company(settings: Settings) -> None:
    use_settings(settings.model_copy(update={"embedder": "builtin"}))
    with write_session() as session:
        load_desk(session, yaml.safe_load((EXAMPLE / "company.yaml").read_text("utf-8")))
        ingest.start(session, IngestRequest(paths=(str(EXAMPLE / "knowledge"),)))
    while jobs.run_one():
        pass
    handlers.subscribe()


def viewer_of(email: str | None) -> Viewer:
    if email is None:
        return ANONYMOUS
    with read_session() as session:
        return directory.viewer_by_email(session, email)


def faults(said: str, turns: list[Turn], outcome: str, holds: Any = "", hides: str = "") -> list[str]:
    """What is wrong with the reply to one turn."""
    reply = turns[-1]
    found = [] if str(reply.kind) in outcome.split("|") else [f"{reply.kind} and not {outcome}"]
    wanted = holds if isinstance(holds, list) else [holds]
    if reply.kind in {"answer", "abstain"}:
        found += [f"without {one!r}" for one in wanted if squeezed(one) not in squeezed(reply.text)]
    if hides and squeezed(hides) in squeezed(repr(turns[1:])):
        found.append(f"shows {hides!r}")
    return [f"{said!r}: {one}; said {reply.text[:120]!r}" for one in found]


def held(dialogue: dict[str, Any]) -> list[str]:
    talk = Talk.begin(
        viewer_of(dialogue.get("as")), locale=dialogue.get("locale", "zh"), context=dialogue.get("context")
    )
    found = []
    for said, outcome, *more in dialogue["turns"]:
        found += faults(said, talk.say(said), outcome, *more)
    return [f"{dialogue['name']}: {one}" for one in found]


def test_there_are_enough_dialogues_in_each_language() -> None:
    counts = {path.stem: len(yaml.safe_load(path.read_text("utf-8"))) for path in DIALOGUES}
    assert sum(counts.values()) >= 120 and counts["zh"] >= 40 and counts["en"] >= 40 and counts["mixed"] >= 15


def test_dialogues_end_as_they_should(company: None) -> None:
    dialogues = [one for path in DIALOGUES for one in yaml.safe_load(path.read_text("utf-8"))]
    found = [fault for dialogue in dialogues for fault in held(dialogue)]
    assert not found, "\n".join(found)
