"""One file from its bytes to its articles: compare, read aside, embed what is new, publish in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from foundation.db import read_session, write_session
from foundation.settings import get_settings
from ingest import files, listing, repository
from ingest.errors import UnreadableFileError
from ingest.files import Staged
from ingest.formats import UNKNOWN, media_type_of, refuse_unknown
from ingest.products import with_products
from ingest.tables import IngestFileTable, IngestJobTable
from ingest.types import FileState, Limits, ParseRequest, Prepared
from kb import service as kb
from kb.types import Embeddings, NewArticle, NewSource, Source
from retrieval import passages

PIPELINE_VERSION = (
    "2"  # raise it when the same bytes would give other articles: every source is then read anew
)


@dataclass(frozen=True)
class Rules:
    """What a job says about all of its files."""

    job_id: int
    audience: str
    language: str | None
    collections: dict[str, int]  # slug → id

    @property
    def version(self) -> str:
        """The pipeline's version with everything else that decides what the same bytes become."""
        return ";".join(
            [PIPELINE_VERSION, f"audience={self.audience}", f"language={self.language or 'auto'}"]
        )


@dataclass(frozen=True)
class Reading:
    """A file in a parser process."""

    row: IngestFileTable
    staged: Staged
    media_type: str


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
    return Rules(row.id, row.audience, row.language, ids)


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
    return sorted(changed, key=lambda row: row.id)


def _hash_if_same(row: IngestFileTable, source: Source, rules: Rules) -> str | None:
    if (
        source.retired_at is not None
        or source.pipeline_version != rules.version
        or listing.is_url(row.address)
    ):
        return None
    try:
        found = files.content_hash(listing.local_path(row.address))
    except OSError:
        return None  # the reading stage says what is wrong with it
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
    )


def publish(reading: Reading, prepared: Prepared, rules: Rules, worker: str, seconds: float) -> bool:
    """Embed what is new and make the articles visible in one transaction, in which the file's row ends too.

    False if the file was lost to another worker, which will publish it.
    """
    spec = passages.embedder_spec()
    collection_id = rules.collections[reading.row.collection]
    with read_session() as session:
        known = kb.products(session, collection_id)
    articles = with_products(prepared.articles, listing.display_name(reading.row.uri), known)
    embeddings = embed_new(spec, articles)
    key = files.keep(reading.staged, listing.display_name(reading.row.uri))
    source = NewSource(
        uri=reading.row.uri,
        content_hash=reading.staged.content_hash,
        pipeline_version=rules.version,
        media_type=reading.media_type,
        file_key=key,
        pages=prepared.pages,
    )
    with write_session() as session:
        ended = {"state": FileState.INGESTED, "pages": prepared.pages, "embedded": len(embeddings)}
        held = {"bytes": reading.staged.bytes, "content_hash": reading.staged.content_hash}
        if not repository.finish_file(
            session, reading.row.id, worker, **ended, **held, seconds=round(seconds, 3)
        ):
            return False
        published = kb.publish_source(session, collection_id, source, articles, embeddings, spec)
        repository.set_file_counts(session, reading.row.id, published)
    return True


def embed_new(spec: str, articles: Sequence[NewArticle]) -> Embeddings:
    """Embeddings of the chunks that were never embedded before; known ones cost a look-up."""
    hashes = {chunk.hash(article.title) for article in articles for chunk in article.chunks}
    with read_session() as session:
        known = kb.known_embeddings(session, spec, hashes).keys()
    return passages.embed_articles(articles, known)


def fail(row: IngestFileTable, error: UnreadableFileError, worker: str, seconds: float = 0.0) -> None:
    """Record why a file could not be read; what it said before goes on answering."""
    with write_session() as session:
        why = {"code": error.code, "message": error.message, "seconds": round(seconds, 3)}
        repository.finish_file(session, row.id, worker, state=FileState.FAILED, **why)


def retire_vanished(row: IngestJobTable, rules: Rules) -> None:
    """Retire the articles of files that were under an ingested folder and are there no more."""
    for root in row.request["roots"]:
        if root["kind"] != listing.FOLDER:
            continue
        collection_id, prefix = rules.collections[root["collection"]], f"{root['name']}/"
        with read_session() as session:
            known = kb.sources(session, collection_id)
            present = repository.uris(session, row.id, root["collection"])
        for uri, source in known.items():
            if source.retired_at is None and uri.startswith(prefix) and uri not in present:
                with write_session() as session:
                    repository.add_removed(session, row.id, len(kb.retire_source(session, source.id)))
