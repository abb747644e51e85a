"""Whole conversations about orders and persons with the sample company's desk and order system."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from foundation.settings import Settings
from portal_api import sample_systems
from tests.chatbot.shop import TOKEN, Shop, connect, erp_app, open_shop
from tests.chatbot.talk import Talk

FOLDER = Path(__file__).parent / "dialogues" / "desk"
DIALOGUES = [one for path in sorted(FOLDER.glob("*.yaml")) for one in yaml.safe_load(path.read_text("utf-8"))]


@pytest.fixture
def shop(settings: Settings) -> Iterator[Shop]:
    made, erp = open_shop(), sample_systems.serve(erp_app(TOKEN))
    connect(erp.url)
    yield made
    erp.stop()


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=[one["name"] for one in DIALOGUES])
def test_a_dialogue_goes_as_written(shop: Shop, dialogue: dict[str, Any]) -> None:
    viewer = getattr(shop, dialogue.get("as", "stranger"))
    talk = Talk.begin(viewer, locale=dialogue.get("locale", "zh"))
    for said, outcome, *more in dialogue["turns"]:
        check(talk, said, outcome.split("|"), *more)


def check(talk: Talk, said: str, outcomes: list[str], holds: str | list[str] = "", hides: str = "") -> None:
    turns = talk.say(said)
    kind = str(turns[1].kind) if len(turns) > 1 else "silent"
    text = turns[1].text + " ".join(one.label for one in turns[1].actions) if len(turns) > 1 else ""
    assert kind in outcomes, (said, text)
    for one in holds if isinstance(holds, list) else [holds]:
        assert any(part in text for part in one.split("|")), (said, one, text)
    assert not hides or hides not in text
