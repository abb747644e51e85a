"""One file from its bytes to a parser process: what has not changed ends at once, the others are copied aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from foundation.db import read_session, write_session
from foundation.settings import get_settings
from ingest import files, listing, passwords, repository
from ingest.errors import UnreadableFileError
from ingest.files import Staged
from ingest.formats import UNKNOWN, media_type_of, refuse_unknown
from ingest.tables import IngestFileTable, IngestJobTable
from ingest.types import FileState, Limits, ParseRequest
from kb import service as kb
from kb.types import Source

PIPELINE_VERSION = (
    "4"  # raise it when the same bytes would give other articles: every source is then read anew
)


MAX_ATTEMPTS = 4  # at a file that fails with what can heal
FIRST_PAUSE = timedelta(seconds=5)  # before the second of them, then twice as long each time


@dataclass(frozen=True)
class Rules:
    """What a job says about all of its files."""

    job_id: int
    audience: str
    language: str | None
    collections: dict[str, int]  # slug → id
    allow_removals: bool = False
    retry_failed: bool = False
    passwords: tuple[str, ...] = field(default=(), repr=False)  # given with the job

    @property
    def version(self) -> str:
        """The pipeline's version with everything else that decides what the same bytes become."""
        return ";".join(
            [PIPELINE_VERSION, f"audience={self.audience}", f"language={self.language or 'auto'}"]
        )

    @property
    def failing(self) -> str:
        """`version` with the limits: what failed under them fails again, and need not be tried."""
        limits = get_settings().ingest
        bounds = limits.max_file_mb, limits.max_pages, limits.file_timeout_s, limits.file_memory_mb
        reads = limits.read_pictures, len(limits.passwords) + len(self.passwords)
        return ";".join([self.version, *map(str, (*bounds, *reads))])


@dataclass
class Reading:
    """A file in a parser process."""

    row: IngestFileTable
    staged: Staged
    media_type: str
    source: Source | None = None  # what is published under its name; no other worker changes that meanwhile
    left_out: tuple[int, ...] = ()  # pages that broke a parser
    broken: UnreadableFileError | None = None  # how the first of them did
    file_key: str | None = None  # where the original lies once it is kept
    timings: dict[str, float] = field(default_factory=dict)  # seconds by stage


def rules_of(row: IngestJobTable) -> Rules:
    """The rules of a job; makes the collections it names."""
    names = {
        root["collection"]: root["name"] if root["kind"] == listing.FOLDER else None
        for root in row.request["roots"]
    }
    with write_session() as session:
        known = kb.collection_ids(session, names)
        ids = {
            slug: known.get(slug) or kb.ensure_collection(session, slug, name).id
            for slug, name in names.items()
        }
    asked = row.request
    return Rules(
        row.id,
        row.audience,
        row.language,
        ids,
        allow_removals=asked.get("allow_removals", False),
        retry_failed=asked.get("retry_failed", False),
        passwords=passwords.kept(asked.get("passwords")),
    )


def max_bytes() -> int:
    return get_settings().ingest.max_file_mb * 2**20


# ---- files whose bytes are known ------------------------------------------------------------------------


def skip_unchanged(rules: Rules, rows: Sequence[IngestFileTable]) -> list[IngestFileTable]:
    """Finish those waiting files whose bytes and rules are as they were; returns the others."""
    changed: list[IngestFileTable] = []
    unchanged: list[tuple[IngestFileTable, Source, str]] = []
    for slug, collection_id in rules.collections.items():
        mine = [row for row in rows if row.collection == slug]
        with read_session() as session:
            known = kb.sources(session, collection_id, [row.uri for row in mine])
        for row in mine:
            source = known.get(row.uri)
            found = _hash_if_same(row, source, rules) if source else None
            if source and found:
                unchanged.append((row, source, found))
            else:
                changed.append(row)
    _finish_unchanged(unchanged)
    changed.sort(key=lambda row: row.id)
    return changed if rules.retry_failed else _skip_failed_before(rules, changed)


def _skip_failed_before(rules: Rules, rows: Sequence[IngestFileTable]) -> list[IngestFileTable]:
    """Finish those files that failed the last time and have not changed since; returns the others."""
    left: list[IngestFileTable] = []
    for slug in rules.collections:
        for batch in repository.batches([row for row in rows if row.collection == slug]):
            with read_session() as session:
                failures = repository.last_failures(session, slug, [row.uri for row in batch])
            again = [known for row in batch if (known := _failed_again(row, failures.get(row.uri), rules))]
            with write_session() as session:
                repository.mark_failed_again(session, again)
            ended = {known["id"] for known in again}
            left += [row for row in batch if row.id not in ended]
    return left


def _failed_again(
    row: IngestFileTable, before: IngestFileTable | None, rules: Rules
) -> dict[str, Any] | None:
    if before is None or before.rules != rules.failing or before.content_hash is None:
        return None
    if _hash_of(row) != before.content_hash:
        return None
    kept = "content_hash", "rules", "code", "message", "bytes"
    return {"id": row.id, **{name: getattr(before, name) for name in kept}}


def _hash_of(row: IngestFileTable) -> str | None:
    """The hash of a file of this machine; None for an address and for what cannot be read."""
    if listing.is_url(row.address):
        return None
    try:
        return files.content_hash(listing.local_path(row.address))
    except OSError:
        return None  # the reading stage says what is wrong with it


def _hash_if_same(row: IngestFileTable, source: Source, rules: Rules) -> str | None:
    if source.retired_at is not None or source.pipeline_version != rules.version:
        return None
    found = _hash_of(row)
    return found if found == source.content_hash else None


def _finish_unchanged(found: Sequence[tuple[IngestFileTable, Source, str]]) -> None:
    for batch in repository.batches(found):
        with write_session() as session:
            counts = kb.counts_of_sources(session, [source.id for _row, source, _hash in batch])
            repository.mark_unchanged(
                session, [_unchanged(row, source, found_hash, counts) for row, source, found_hash in batch]
            )


def _unchanged(
    row: IngestFileTable, source: Source, content_hash: str, counts: dict[int, tuple[int, int]]
) -> dict[str, Any]:
    articles, chunks = counts.get(source.id, (0, 0))
    return {
        "id": row.id,
        "content_hash": content_hash,
        "articles": articles,
        "chunks": chunks,
        "pages": source.pages,
        "pages_planned": source.pages or 1,
    }


# ---- files to read --------------------------------------------------------------------------------------


def open_file(row: IngestFileTable) -> Reading:
    """A copy of the file's bytes to read from. Raises UnreadableFileError."""
    if listing.is_url(row.address):
        from ingest import fetch  # its HTTP client costs as much time as a run that finds nothing changed

        staged, said = fetch.fetch(row.address, max_bytes=max_bytes())
        return Reading(row, staged, media_type_of(listing.display_name(row.uri), said))
    media_type = media_type_of(row.uri)
    try:
        if media_type == UNKNOWN:
            refuse_unknown(listing.local_path(row.address), row.uri)
        with listing.local_path(row.address).open("rb") as file:
            staged = files.stage(file, max_bytes=max_bytes())
    except FileNotFoundError as error:
        raise UnreadableFileError("vanished") from error
    except PermissionError as error:
        raise UnreadableFileError("not_permitted") from error
    except OSError as error:
        raise UnreadableFileError("unreadable", error.strerror or "") from error
    return Reading(row, staged, media_type)


def finish_if_known(reading: Reading, rules: Rules, run: str) -> bool:
    """End a file whose bytes turn out to be those that were published last; False if they are not.

    So ends a page of the web that has not changed, and a file that another job was quicker to publish.
    """
    row, source = reading.row, reading.source
    if source is None or source.retired_at is not None or source.pipeline_version != rules.version:
        return False
    if source.content_hash != reading.staged.content_hash:
        return False
    with read_session() as session:
        counts = kb.counts_of_sources(session, [source.id])
    values = _unchanged(row, source, source.content_hash, counts)
    del values["id"]
    with write_session() as session:
        repository.finish_file(session, row.id, run, state=FileState.UNCHANGED, seconds=0.0, **values)
    return True


def parse_request(reading: Reading, rules: Rules) -> ParseRequest:
    """What the parser process is told."""
    return ParseRequest(
        path=str(reading.staged.path),
        uri=reading.row.uri,
        media_type=reading.media_type,
        audience=rules.audience,
        lang=rules.language,
        limits=Limits(max_bytes=max_bytes(), max_pages=get_settings().ingest.max_pages),
        reads_pictures=get_settings().ingest.read_pictures,
        passwords=(
            *rules.passwords,
            *(known.get_secret_value() for known in get_settings().ingest.passwords),
        ),
        left_out=reading.left_out,
    )
