"""What is no longer there: a file that moved keeps its articles, one that vanished retires them.

Where very much has vanished, somebody is asked first: a folder that was copied by half looks just like that.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from foundation.db import read_session, write_session
from foundation.settings import get_settings
from ingest import files, listing, repository
from ingest.listing import Root
from ingest.tables import IngestJobTable
from kb import service as kb
from kb.types import Source


def asks(vanishing: int, live: int) -> bool:
    """Whether so many articles of so many are retired only when somebody has confirmed it."""
    limits = get_settings().ingest
    return vanishing > limits.ask_above_removals and vanishing > limits.ask_above_share * live


def follow_moves(row: IngestJobTable, collections: dict[str, int]) -> int:
    """Give the sources of files that were renamed or moved their new names; returns how many.

    A file counts as moved when it is new under its name and its bytes are those of a source under the same
    root that is gone. It is read again, so that its citations say the new name; its articles stay the same ones.
    """
    moved = 0
    for root in _folders(row):
        with read_session() as session:
            present = repository.uris(session, row.id, root.collection)
        gone = [source for source in _sources(root, collections) if source.uri not in present]
        if gone:
            moved += _move(row, root, collections[root.collection], gone)
    return moved


def _folders(row: IngestJobTable) -> Iterator[Root]:
    for stored in row.request["roots"]:
        if stored["kind"] == listing.FOLDER:
            yield Root(**stored)


def _sources(root: Root, collections: dict[str, int]) -> list[Source]:
    with read_session() as session:
        known = kb.sources(session, collections[root.collection])
    return [source for source in known.values() if source.uri.startswith(f"{root.name}/")]


def _move(row: IngestJobTable, root: Root, collection_id: int, gone: list[Source]) -> int:
    by_hash: dict[str, list[Source]] = {}
    for source in sorted(gone, key=lambda one: (one.retired_at is not None, one.uri), reverse=True):
        by_hash.setdefault(source.content_hash, []).append(source)
    with read_session() as session:
        waiting = [one for one in repository.waiting(session, row.id) if one.collection == root.collection]
        known = kb.sources(session, collection_id, [one.uri for one in waiting]).keys()
    pairs: list[tuple[int, str]] = []
    for one in waiting:
        if one.uri in known or not one.uri.startswith(f"{root.name}/"):
            continue
        try:
            candidates = by_hash.get(files.content_hash(listing.local_path(one.address)), [])
        except OSError:
            continue
        if candidates:
            pairs.append((_take_alike(candidates, one.uri).id, one.uri))
    with write_session() as session:
        for source_id, uri in pairs:
            kb.move_source(session, source_id, uri)
    return len(pairs)


def _take_alike(candidates: list[Source], uri: str) -> Source:
    """Of equal files the one of the same name, else a live one; it is taken out of the list."""
    name = PurePosixPath(uri).name
    alike = next((one for one in candidates if PurePosixPath(one.uri).name == name), candidates[-1])
    candidates.remove(alike)
    return alike


def retire_vanished(
    row: IngestJobTable, run: str, collections: dict[str, int], *, allowed: bool
) -> tuple[int, int]:
    """Retire the articles of files that are no longer under their folder.

    Returns (0, 0), or where it asks first how many articles would go and of how many; then none is retired.
    """
    vanished: list[Source] = []
    going = live = 0
    for root in _folders(row):
        held = [source for source in _sources(root, collections) if source.retired_at is None]
        present = {found.uri for found in listing.files_of(root)} if held else set()
        lost = [source for source in held if source.uri not in present]
        with read_session() as session:
            counts = kb.counts_of_sources(session, [source.id for source in held])
        live += sum(articles for articles, _chunks in counts.values())
        going += sum(counts.get(source.id, (0, 0))[0] for source in lost)
        vanished += lost
    if not allowed and asks(going, live):
        return going, live
    for batch in repository.batches(vanished):
        with write_session() as session:
            retired = sum(len(kb.retire_source(session, source.id)) for source in batch)
            repository.add_removed(session, row.id, run, retired)
    return 0, 0
