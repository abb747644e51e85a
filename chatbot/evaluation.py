"""How well the bot answers a list of questions: right, wrong, or silent, against what it should have done.

`python -m chatbot.evaluation QUESTIONS.jsonl` asks them of the configured knowledge base, as a visitor. A row is
`{"q", "lang", "expect", "contains"}`: `contains` must stand in the answer, `expect` in the title or file name of
the article; a row whose `expect` is null has no answer here.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from chatbot import service as chatbot
from chatbot.types import Answer, AnswerKind
from chatbot.words import squeezed
from foundation.access import ANONYMOUS, Viewer


class Outcome(StrEnum):
    """What came of one question."""

    RIGHT = "right"
    WRONG_PART = "wrong_part"  # the right article, but not the words that answer
    WRONG = "wrong"
    SILENT = "silent"  # an answer exists and was not given
    RIGHTLY_SILENT = "rightly_silent"
    INVENTED = "invented"  # answered although nothing answers it


@dataclass(frozen=True)
class Judged:
    """One question, its outcome and what the bot said."""

    row: dict[str, Any]
    outcome: Outcome
    answer: Answer


def evaluate(viewer: Viewer, rows: Iterable[dict[str, Any]]) -> list[Judged]:
    """Ask every question and judge the answer; one that is answered to certain readers only (`as`) is left out."""
    judged = []
    for row in rows:
        if "as" in row:
            continue
        answer = chatbot.ask(viewer, row["q"], row.get("lang"))
        judged.append(Judged(row, judge(row, answer), answer))
    return judged


def judge(row: dict[str, Any], answer: Answer) -> Outcome:
    """The outcome of one question; asking back counts as silence."""
    answered = answer.kind is AnswerKind.ANSWER
    if row.get("expect") is None:
        return Outcome.INVENTED if answered else Outcome.RIGHTLY_SILENT
    if not answered:
        return Outcome.SILENT
    cited = " ".join(f"{one.title} {one.locator.uri}" for one in answer.citations)
    if squeezed(row.get("contains") or row["expect"]) in squeezed(answer.text):
        return Outcome.RIGHT
    return Outcome.WRONG_PART if squeezed(row["expect"]) in squeezed(cited) else Outcome.WRONG


def figures(judged: Sequence[Judged]) -> dict[str, Any]:
    """Counts of outcomes in all and by language, and of the answers given the share that was right."""
    made: dict[str, Any] = {"questions": len(judged)}
    for lang in (None, "zh", "en"):
        found = Counter(str(one.outcome) for one in judged if lang is None or one.row.get("lang") == lang)
        given = sum(
            found[key] for key in (Outcome.RIGHT, Outcome.WRONG_PART, Outcome.WRONG, Outcome.INVENTED)
        )
        right = found[Outcome.RIGHT] / given if given else 0.0
        made[lang or "all"] = {**{str(key): found[key] for key in Outcome}, "right_of_given": round(right, 4)}
    return made


def _main(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    judged = evaluate(ANONYMOUS, rows)
    for one in judged:
        if one.outcome not in {Outcome.RIGHT, Outcome.RIGHTLY_SILENT}:
            cited = "; ".join(known.title for known in one.answer.citations)
            shown = (one.outcome, f"{one.answer.confidence:.2f}", one.row["q"], one.row.get("expect"), cited)
            sys.stderr.write(" | ".join(map(str, shown)) + "\n")
    sys.stdout.write(json.dumps(figures(judged), ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
