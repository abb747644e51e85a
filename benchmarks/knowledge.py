"""A knowledge base of made passages, published by the functions that serve customers, and indexed.

Up to PRODUCTION passages the index is built as a customer's is. Larger ones are built in pieces, each
published and indexed before the next, without analysing a line twice (`recombined`); a build that is cut short
goes on where it stopped.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from benchmarks import recombined
from benchmarks.corpus import Passage, passages
from foundation import db
from foundation.settings import get_settings, use_settings
from kb import service as kb
from kb.types import ArticleKind, Locator, NewArticle, NewChunk, NewSource
from retrieval import index_store
from retrieval.lexicon import Lexicon
from retrieval.passages import embed_articles, embedder_spec

PRODUCTION = 20_000
_PIECE = 10_000
_CHUNKS = 10  # of an article
_PUBLIC = 100  # one article in so many; all others are for those who have signed in


@dataclass(frozen=True)
class Built:
    """What building cost; seconds of this process's processor time beside those of the clock."""

    seconds: float
    cpu_seconds: float
    index_bytes: int
    database_bytes: int
    by: str  # which way it was built


@contextmanager
def knowledge(count: int, keep: Path | None = None) -> Iterator[Built]:
    """Settings point at `count` passages; those in `keep` are used again, or built there and left."""
    before = get_settings()
    with tempfile.TemporaryDirectory(prefix="jieda-bench-") as temporary:
        folder = keep / f"passages-{count}" if keep else Path(temporary)
        use_settings(before.model_copy(update={"data_dir": folder, "database_url": "", "index": "embedded"}))
        note = folder / "built.json"
        try:
            if not note.exists():
                built = _build(count, folder)
                note.write_text(json.dumps(asdict(built)), "utf-8")
            yield Built(**json.loads(note.read_text("utf-8")))
        finally:
            db.dispose_engines()
            use_settings(before)


def _build(count: int, folder: Path) -> Built:
    db.Table.metadata.create_all(db.engine())
    progress = folder / "progress.json"
    done, seconds, cpu = json.loads(progress.read_text("utf-8")) if progress.exists() else (0, 0.0, 0.0)
    in_pieces = count > PRODUCTION
    while done < count:
        began, began_cpu = time.perf_counter(), time.process_time()
        end = min(count, done + _PIECE)
        _piece(done, end, in_pieces=in_pieces)
        done, seconds = end, seconds + time.perf_counter() - began
        cpu += time.process_time() - began_cpu
        progress.write_text(json.dumps([done, seconds, cpu]), "utf-8")
    settings = get_settings()
    return Built(
        round(seconds, 1),
        round(cpu, 1),
        sum(path.stat().st_size for path in settings.index_dir.rglob("*") if path.is_file()),
        sum(path.stat().st_size for path in settings.data_dir.glob("*.db")),
        "lines analysed once" if in_pieces else "as a customer's",
    )


def _piece(start: int, end: int, *, in_pieces: bool) -> None:
    index_store.catch_up()  # what a piece cut short had published; of the first, the empty index
    made = list(passages(end, start=start))
    articles = [_article(start + at, part) for at, part in enumerate(_parts(made))]
    embeddings = _embeddings(articles, made) if in_pieces else embed_articles(articles)
    source = NewSource(uri=f"part-{start}", content_hash="", pipeline_version="bench")
    with db.write_session() as session:
        shelf = kb.ensure_collection(session, "bench")
        kb.publish_source(session, shelf.id, source, articles, embeddings, embedder_spec())
    if in_pieces:
        _index()
    else:
        index_store.catch_up()


def _index() -> None:
    with index_store.current().writing(60.0) as writer:
        with db.read_session() as session:
            changes = kb.changes_after(session, writer.sequence, limit=_PIECE)
            articles = {one.article_id for one in changes}
            rows = kb.index_rows(session, embedder_spec(), articles)
        if changes:  # none where the piece was indexed before, and only its note was not written
            writer.apply(recombined.entries(rows), articles, changes[-1].sequence, Lexicon())


def _embeddings(articles: Sequence[NewArticle], made: Sequence[Passage]) -> dict[str, bytes]:
    chunks = [(article.title, chunk) for article in articles for chunk in article.chunks]
    return {
        chunk.hash(title): recombined.embedding(Passage(title, passage.lines, passage.lang))
        for (title, chunk), passage in zip(chunks, made, strict=True)
    }


def _parts(made: Sequence[Passage]) -> Iterator[list[Passage]]:
    rest = iter(made)
    while part := list(islice(rest, _CHUNKS)):
        yield part


def _article(number: int, made: Sequence[Passage]) -> NewArticle:
    """Ten chunks under the title of the first."""
    first = made[0]
    return NewArticle(
        key=str(number),
        title=first.title,
        chunks=tuple(
            NewChunk(text=one.text, locator=Locator(f"{number}-{at}"), lang=one.lang)
            for at, one in enumerate(made)
        ),
        kind=ArticleKind.GUIDE,
        lang=first.lang,
        audience="" if number % _PUBLIC == 0 else "signed-in",
    )
