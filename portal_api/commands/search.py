"""`jieda search`: what a viewer finds, and why."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.text import Text

from foundation.access import ANONYMOUS, Viewer
from foundation.db import ReadSession, read_session
from portal_api import database
from portal_api.commands.output import AsJson, console, print_json
from retrieval import index_store
from retrieval import service as retrieval
from retrieval.types import Explanation, Filters, Hit, SearchResult
from ticketing.directory import viewer_by_email

_SHOWN_CHARS = 300


def search(  # noqa: PLR0913, PLR0917 - options of a command
    query: Annotated[str, typer.Argument(help="What a customer would ask, in any words.")],
    top_k: Annotated[int, typer.Option(min=1, max=200, help="How many passages.")] = 10,
    lang: Annotated[str | None, typer.Option(help="zh or en: passages of this language only.")] = None,
    product: Annotated[str | None, typer.Option(help="Passages about this product only.")] = None,
    product_version: Annotated[str | None, typer.Option(help="Passages of this edition only.")] = None,
    email: Annotated[
        str | None, typer.Option("--as", metavar="EMAIL", help="See what this person sees.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say for each hit why it ranks where it does.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Search as an anonymous visitor, or as the person named with --as."""
    if lang not in {None, "zh", "en"}:
        raise typer.BadParameter("zh or en", param_hint="--lang")
    database.prepare()
    index_store.catch_up()
    filters = Filters(lang=lang, product=product, product_version=product_version)
    with read_session() as session:
        found = retrieval.search(
            session, _viewer(session, email), query, top_k=top_k, filters=filters, explain=explain
        )
    if as_json:
        print_json(found.to_json())
    else:
        _show(found)


def _viewer(session: ReadSession, email: str | None) -> Viewer:
    return viewer_by_email(session, email) if email else ANONYMOUS


def _show(found: SearchResult) -> None:
    for written, meant, how in found.rescued:
        console.print(
            Text(f"“{written}” stands nowhere; looked for “{meant}” instead ({how})", style="yellow")
        )
    if found.withheld:
        console.print(Text("the question is about nothing here", style="yellow"))
    for hit in found.hits:
        _show_hit(hit)
    count = len(found.hits)
    console.print(Text(f"{count or 'no'} passages in {found.took_ms:.1f} ms", style="dim"))


def _show_hit(hit: Hit) -> None:
    place = f"{hit.locator.uri}{f' p. {hit.locator.page}' if hit.locator.page else ''}"
    console.print(f"[bold]{hit.rank}. {escape(hit.title or place)}[/bold]  [dim]{hit.score:.3f}[/dim]")
    if hit.heading:
        console.print(Text(f"   {hit.heading}", style="cyan"))
    text = " ".join(hit.text.split())
    console.print(Text(f"   {text[:_SHOWN_CHARS]}{'…' if len(text) > _SHOWN_CHARS else ''}"))
    console.print(Text(f"   {place}", style="dim"))
    if hit.explanation:
        console.print(Text(f"   {_why(hit.explanation)}", style="yellow"))


def _why(why: Explanation) -> str:
    words = ", ".join(
        f"{known.word} ({'/'.join(known.fields)}{'' if known.source == 'query' else '; ' + known.source})"
        for known in why.words
    )
    legs = [
        f"{name} #{leg.rank} {leg.score:.3f}"
        for name, leg in (("words", why.lexical), ("vector", why.vector))
        if leg is not None
    ]
    late = [f"tokens {why.late_interaction:.3f}"] if why.late_interaction is not None else []
    opening = [f"opening {why.opening:.3f}"] if why.opening is not None else []
    parts = [f"{name} {value:+.3f}" for name, value in why.parts.items() if value]
    shares = [f"{why.fused:.3f} = {' '.join(parts)}"] if parts else []
    reranked = [f"reranker {why.reranked:.3f}"] if why.reranked is not None else []
    twins = [f"stands for {len(why.collapsed)} that say the same"] if why.collapsed else []
    told = [words or "no common word", *legs, *late, *opening, *shares, *reranked, *twins, *why.notes]
    return " | ".join(told)
