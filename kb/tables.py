"""Tables of the knowledge base; private to this room and the migrations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.db import Table


class CollectionTable(Table):
    """A named shelf of articles."""

    __tablename__ = "kb_collection"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class SourceTable(Table):
    """One file or URL; retired when it has vanished, revived when it comes back."""

    __tablename__ = "kb_source"
    __table_args__ = (UniqueConstraint("collection_id", "uri"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    collection_id: Mapped[int] = mapped_column(ForeignKey("kb_collection.id", ondelete="CASCADE"))
    uri: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(Text)
    pipeline_version: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    file_key: Mapped[str | None] = mapped_column(Text)
    pages: Mapped[int | None]
    ingested_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class ArticleTable(Table):
    """What a customer reads, in its current version; older versions keep their text in kb_version."""

    __tablename__ = "kb_article"
    __table_args__ = (
        UniqueConstraint("source_id", "key"),
        Index("ix_kb_article_collection", "collection_id"),
        Index("ix_kb_article_audience", "audience"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    collection_id: Mapped[int] = mapped_column(ForeignKey("kb_collection.id", ondelete="CASCADE"))
    source_id: Mapped[int] = mapped_column(ForeignKey("kb_source.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    lang: Mapped[str] = mapped_column(Text)
    product: Mapped[str | None] = mapped_column(Text)
    product_version: Mapped[str | None] = mapped_column(Text)
    audience: Mapped[str] = mapped_column(Text)  # canonical rule, see kb.audience
    translation_key: Mapped[str | None] = mapped_column(Text, index=True)
    attributes: Mapped[dict[str, str]] = mapped_column(JSON)
    content_hash: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    retired_by: Mapped[str | None] = mapped_column(
        Text
    )  # "source": its file vanished; "editor": deleted by hand


class VersionTable(Table):
    """A version of an article as it was published, kept to compare and to go back."""

    __tablename__ = "kb_version"
    __table_args__ = (UniqueConstraint("article_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("kb_article.id", ondelete="CASCADE"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[list[dict[str, Any]]] = mapped_column(
        JSON
    )  # its chunks: text, markdown, heading path, locator
    published_at: Mapped[datetime]


class ChunkTable(Table):
    """One passage of a live article's current version: the unit we index, cite and delete."""

    __tablename__ = "kb_chunk"
    __table_args__ = (Index("ix_kb_chunk_article", "article_id", "position"), {"sqlite_autoincrement": True})

    # Never used again after a delete (AUTOINCREMENT): an old citation or index entry must not come to
    # mean another text. Doubles as the vector id.
    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("kb_article.id", ondelete="CASCADE"))
    position: Mapped[int]  # 0-based order inside the article
    hash: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    markdown: Mapped[str | None] = mapped_column(Text)
    heading_path: Mapped[list[str]] = mapped_column(JSON)
    kind: Mapped[str] = mapped_column(Text)
    lang: Mapped[str] = mapped_column(Text)
    locator: Mapped[dict[str, Any]] = mapped_column(JSON)


class EmbeddingTable(Table):
    """The embedding of an indexed text, by hash: equal texts share one, and an index can be rebuilt from it."""

    __tablename__ = "kb_embedding"

    hash: Mapped[str] = mapped_column(Text, primary_key=True)
    embedder: Mapped[str] = mapped_column(Text, primary_key=True)  # spec with version
    vector: Mapped[bytes] = mapped_column(LargeBinary)  # float16, little-endian


class ChangeTable(Table):
    """The change log: which article to index anew, in the order of the commits."""

    __tablename__ = "kb_change"

    sequence: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    article_id: Mapped[int]  # no foreign key: the entry must outlive the article


class CounterTable(Table):
    """The last number of the change log; locked by each writer until its commit, so numbers become
    visible in the order they were given and a reader can never skip one.
    """

    __tablename__ = "kb_counter"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class GlossaryTable(Table):
    """A word of the vendor and other words for it."""

    __tablename__ = "kb_glossary"
    __table_args__ = (UniqueConstraint("term", "lang"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    term: Mapped[str] = mapped_column(Text)
    lang: Mapped[str] = mapped_column(Text)
    synonyms: Mapped[list[str]] = mapped_column(JSON)


class GapTable(Table):
    """A question nothing answers."""

    __tablename__ = "kb_gap"
    __table_args__ = (UniqueConstraint("normalized", "lang"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(Text)
    normalized: Mapped[str] = mapped_column(Text)
    lang: Mapped[str] = mapped_column(Text)
    times_asked: Mapped[int] = mapped_column(default=1)
    first_asked_at: Mapped[datetime]
    last_asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text, default="open")


class ArticleReadTable(Table):
    """A known customer opened an article."""

    __tablename__ = "kb_article_read"
    __table_args__ = (Index("ix_kb_article_read_person", "person_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int]  # no foreign key: people belong to a higher room
    article_id: Mapped[int]  # none either: that it was read stays true when it is gone
    at: Mapped[datetime]
