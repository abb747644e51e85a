"""`jieda ask`: one question, answered from what the asker may read, with its sources."""

from __future__ import annotations

from typing import Annotated

import typer

from chatbot import service as chatbot
from foundation.access import ANONYMOUS
from foundation.db import read_session
from portal_api.commands.output import AsJson, console, print_json
from ticketing import directory


def ask(
    question: Annotated[str, typer.Argument(help="What a customer would ask, in Chinese or English.")],
    viewer_email: Annotated[
        str | None, typer.Option("--as", metavar="EMAIL", help="Ask as this person; default: a visitor.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question with citations, or say honestly that nothing answers it."""
    with read_session() as session:
        viewer = directory.viewer_by_email(session, viewer_email) if viewer_email else ANONYMOUS
    answer = chatbot.ask(viewer, question)
    if as_json:
        print_json(answer.to_json())
        return
    console.print(answer.text, markup=False, highlight=False)
    for one in answer.citations:
        page = f", page {one.locator.page}" if one.locator.page else ""
        console.print(
            f"[{one.n}] {one.title} ({one.locator.uri}{page})", style="dim", markup=False, highlight=False
        )
