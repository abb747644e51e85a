"""`jieda eval DIR` judges search, `jieda eval answers DIR…` the bot."""

from __future__ import annotations

from typing import Any, Final

import typer
from typer.core import TyperGroup

from portal_api.commands import eval, eval_answers

_DEFAULT: Final = "search"


class _SearchUnlessNamed(TyperGroup):
    """What names none of its commands is a folder to judge search on."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        is_named = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if is_named or not args else [_DEFAULT, *args])


app = typer.Typer(
    cls=_SearchUnlessNamed,
    no_args_is_help=True,
    help="Judge search (`eval DIR`) or the bot (`eval answers DIR…`).",
)
app.command(_DEFAULT)(eval.evaluate)
app.command("answers")(eval_answers.answers)
app.command("recalibrate")(eval_answers.recalibrate)
