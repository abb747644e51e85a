"""A knowledge base of made passages, published and indexed by the functions that serve customers."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from benchmarks.corpus import documents
from foundation import db
from foundation.settings import get_settings, use_settings
from kb import service as kb
from kb.types import ArticleKind, Locator, NewArticle, NewChunk, NewSource
from retrieval import index_store, passages
from retrieval.benchmark_data import Document

_ROWS_PER_SOURCE = 2000


@dataclass(frozen=True)
class Built:
    """What building cost; seconds of this process's processor time beside those of the clock."""

    seconds: float
    cpu_seconds: float
    index_bytes: int
    database_bytes: int


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
                built = _build(count)
                note.write_text(json.dumps(asdict(built)), "utf-8")
            yield Built(**json.loads(note.read_text("utf-8")))
        finally:
            db.dispose_engines()
            use_settings(before)


def _build(count: int) -> Built:
    began, began_cpu = time.perf_counter(), time.process_time()
    db.Table.metadata.create_all(db.engine())
    for number, rows in enumerate(_parts(documents(count))):
        _publish(f"part-{number}", rows)
    index_store.catch_up()
    settings = get_settings()
    return Built(
        round(time.perf_counter() - began, 1),
        round(time.process_time() - began_cpu, 1),
        sum(path.stat().st_size for path in settings.index_dir.rglob("*") if path.is_file()),
        sum(path.stat().st_size for path in settings.data_dir.glob("*.db")),
    )


def _parts(rows: Iterator[Document]) -> Iterator[list[Document]]:
    while part := list(islice(rows, _ROWS_PER_SOURCE)):
        yield part


def _publish(uri: str, rows: Sequence[Document]) -> None:
    articles = [_article(row) for row in rows]
    embeddings = passages.embed_articles(articles)
    source = NewSource(uri=uri, content_hash="", pipeline_version="bench")
    with db.write_session() as session:
        shelf = kb.ensure_collection(session, "bench")
        kb.publish_source(session, shelf.id, source, articles, embeddings, passages.embedder_spec())


def _article(row: Document) -> NewArticle:
    chunk = NewChunk(text=row.text, locator=Locator(row.id), lang=row.lang)
    return NewArticle(key=row.id, title=row.title, chunks=(chunk,), kind=ArticleKind.GUIDE, lang=row.lang)
