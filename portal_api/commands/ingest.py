"""`jieda ingest`: files, folders and addresses into the knowledge base, with honest progress."""

from __future__ import annotations

import sys
import time
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from foundation import jobs, live
from foundation.db import read_session, write_session
from foundation.settings import get_settings, use_settings
from ingest import service
from ingest.errors import NothingToIngestError
from ingest.listing import is_url
from ingest.types import FileState, IngestRequest, Job, JobState
from kb.errors import AudienceRuleError
from portal_api.commands.output import AsJson, console, print_json, progress_console

_ASK = "-"
_SOME_FAILED, _BAD_USAGE, _ASKS = 3, 2, 4

_STAGES = {
    "waiting": "waiting",
    "listing": "looking",
    "reading": "reading",
    "removing": "comparing",
    "indexing": "indexing",
    "finished": "done",
}


def ingest(  # noqa: PLR0913, PLR0917 - each is an option of the command
    sources: Annotated[
        list[str], typer.Argument(metavar="PATH|URL...", help="Files, folders or web addresses.")
    ],
    collection: Annotated[
        str | None, typer.Option(help="Where to put it; default: the folder's name.")
    ] = None,
    audience: Annotated[
        str | None,
        typer.Option(
            help="Who may read it: public, signed-in, staff, tier:NAME, company:SLUG; joined by commas."
        ),
    ] = None,
    language: Annotated[str | None, typer.Option(help="zh or en; default: found out per article.")] = None,
    allow_removals: Annotated[
        bool, typer.Option("--allow-removals", help="Retire what vanished without asking, however much.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Read files again that failed and have not changed since.")
    ] = False,
    password: Annotated[
        str | None, typer.Option(help="Tried on locked PDFs and archives in this run; - asks for it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ingest files, folders and web pages; what has not changed costs a look, what vanished is retired."""
    began = time.monotonic()
    if language not in {None, "zh", "en"}:
        raise typer.BadParameter("--language is zh or en")
    request = IngestRequest(
        paths=tuple(source for source in sources if not is_url(source)),
        urls=tuple(source for source in sources if is_url(source)),
        collection=collection,
        audience=audience,
        language=language,
        allow_removals=allow_removals,
        retry_failed=retry_failed or password is not None,
    )
    if password is not None:
        _try_password(password)
    done = ingest_here(request, shown=not as_json)
    if done.state is JobState.NEEDS_CONFIRMATION and not as_json and sys.stdin.isatty():
        done = _ask(done)
    _end(done, round(time.monotonic() - began, 2), as_json=as_json)


def _end(done: Job, seconds: float, *, as_json: bool) -> None:
    """Say what was done, and end with the exit code that says how well."""
    if as_json:
        print_json(_report(done, seconds))
    else:
        _print(done, seconds)
    if done.state is JobState.NEEDS_CONFIRMATION:
        raise typer.Exit(_ASKS)
    if done.state is not JobState.DONE:
        raise typer.Exit(1)
    if done.failed:
        raise typer.Exit(_SOME_FAILED)


def _try_password(password: str) -> None:
    """Let this process, and nothing that outlives it, try a password on locked files; "-" asks for it."""
    if password == _ASK:
        password = str(typer.prompt("Password", hide_input=True, err=True))
    settings = get_settings()
    known = [*settings.ingest.passwords, SecretStr(password)]
    ingest = settings.ingest.model_copy(update={"passwords": known})
    use_settings(settings.model_copy(update={"ingest": ingest}))


def ingest_here(request: IngestRequest, *, shown: bool) -> Job:
    """Run a request in this process to its end, with a progress bar on standard error if `shown`."""
    job_id = _start(request)
    with _progress(job_id, shown=shown):
        return _run(job_id)


def _start(request: IngestRequest) -> int:
    try:
        with write_session() as session:
            return service.start(session, request)
    except (NothingToIngestError, AudienceRuleError) as error:
        typer.secho(f"jieda ingest: {error}", fg="red", err=True)
        raise typer.Exit(_BAD_USAGE) from error


def _ask(job: Job) -> Job:
    """Ask the person at the terminal whether what vanished shall go, and go on accordingly."""
    share = f"{job.pending_removals} of {job.pending_of} articles"
    allow = typer.confirm(f"{share} are no longer in what you named. Retire them?", default=False, err=True)
    with write_session() as session:
        service.decide_removals(session, job.id, allow=allow)
    return _run(job.id)


def _run(job_id: int) -> Job:
    """Run the job here, or wait for the server's worker that was quicker to take it."""
    while True:
        with read_session() as session:
            background_id = service.background_id(session, job_id)
        ran = jobs.run_one(background_id)
        with read_session() as session:
            found = service.job(session, job_id)
        if found.is_finished or found.state is JobState.NEEDS_CONFIRMATION:
            return found
        if not ran:
            time.sleep(0.3)


class _progress:  # noqa: N801 - used as a statement
    """A bar on standard error that follows the job's news."""

    def __init__(self, job_id: int, *, shown: bool) -> None:
        self._job_id = job_id
        self._bar = Progress(
            TextColumn("[progress.description]{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[pages]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=progress_console,
            disable=not shown,
            transient=True,
        )
        self._task = self._bar.add_task("looking", total=None, pages="", left="")

    def __enter__(self) -> None:
        self._stop = live.listen([service.TOPIC], self._hear)
        self._bar.start()

    def __exit__(self, *_error: object) -> None:
        self._stop()
        self._bar.stop()

    def _hear(self, _topic: str, message: dict[str, Any]) -> None:
        job = message.get("job", {})
        if job.get("id") == self._job_id:
            name = (job["current"] or "").rpartition("/")[2][:40]
            self._bar.update(
                self._task,
                # No bar shows what cannot be known: how long the index takes, and how much nobody has counted.
                total=job["pages_total"] if job["stage"] == "reading" else None,
                completed=job["pages_done"],
                description=name or _STAGES.get(job["stage"], job["stage"]),
                pages=_pages(job),
                left=_left(job["seconds_left"]),
            )


def _pages(job: dict[str, Any]) -> str:
    about = "about " if job["pages_unknown"] else ""
    return f"{job['done_files']}/{job['total_files']} files, {job['pages_done']} of {about}{job['pages_total']} pages"


def _left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return (
        f"about {max(1, round(seconds / 60))} min left" if seconds > 90 else f"about {round(seconds)} s left"
    )


def _report(job: Job, seconds: float) -> dict[str, Any]:
    failed = [file for file in job.files if file.state is FileState.FAILED]
    return {
        "job_id": job.id,
        "files": job.total_files,
        "ingested": job.ingested,
        "unchanged": job.unchanged,
        "removed": job.removed,
        "articles": job.articles,
        "chunks": job.chunks,
        "failed": [{"path": file.path, "code": file.code, "message": file.message} for file in failed],
        "seconds": seconds,
        **_asked(job),
    }


def _asked(job: Job) -> dict[str, Any]:
    if job.state is not JobState.NEEDS_CONFIRMATION:
        return {}
    return {"needs_confirmation": {"articles": job.pending_removals, "of": job.pending_of}}


def _print(job: Job, seconds: float) -> None:
    if job.state is JobState.NEEDS_CONFIRMATION:
        console.print(
            f"[yellow]{job.pending_removals} of {job.pending_of} articles are no longer there and were kept.[/yellow] "
            f"Confirm it in the console (job {job.id}), or run this again with --allow-removals."
        )
    elif job.state is not JobState.DONE:
        console.print(f"[red]the job was {job.state}:[/red] {job.error or ''}")
    console.print(
        f"{job.total_files} files: {job.ingested} ingested, {job.unchanged} unchanged, {job.failed} failed; "
        f"{job.removed} articles removed. They hold {job.articles} articles in {job.chunks} chunks. {seconds} s"
    )
    for file in job.files:
        if file.code and file.state in {FileState.FAILED, FileState.INGESTED}:
            colour = "red" if file.state is FileState.FAILED else "yellow"
            console.print(
                f"  [{colour}]{file.code}[/{colour}] {escape(file.path)}: {escape(file.message or '')}",
                highlight=False,
            )
