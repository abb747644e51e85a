"""Values that cross the knowledge base's door."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from kb.audience import PUBLIC

Embeddings = dict[str, bytes]  # chunk hash → float16 unit vector, little-endian


class ArticleKind(StrEnum):
    """What a customer reads."""

    FAQ = "faq"
    GUIDE = "guide"
    MANUAL = "manual"


class ChunkKind(StrEnum):
    """The shape of a chunk, which decides how it is shown and quoted."""

    TEXT = "text"
    FAQ = "faq"
    TABLE = "table"
    CODE = "code"
    LIST = "list"


@dataclass(frozen=True)
class Locator:
    """Where a chunk stands in its source: what a citation opens."""

    uri: str  # as the content team named it: a path relative to the ingested folder, or a URL
    page: int | None = None  # 1-based
    box: tuple[float, float, float, float] | None = (
        None  # left, top, right, bottom in points from the top left
    )
    anchor: str | None = None  # fragment inside an HTML, Markdown or reStructuredText source

    def to_json(self) -> dict[str, Any]:
        return {
            "uri": self.uri,
            "page": self.page,
            "box": list(self.box) if self.box else None,
            "anchor": self.anchor,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Locator:
        box = stored.get("box")
        return cls(stored["uri"], stored.get("page"), tuple(box) if box else None, stored.get("anchor"))


@dataclass(frozen=True, kw_only=True)
class NewChunk:
    """A chunk as a parser made it, before it has an id."""

    text: str  # plain text, what is indexed and quoted; table rows as "header: value" lines or cells joined by |
    locator: Locator
    heading_path: tuple[str, ...] = ()
    kind: ChunkKind = ChunkKind.TEXT
    lang: str = "zh"  # zh or en
    markdown: str | None = None  # how it is shown, where that differs from `text`

    def hash(self, title: str) -> str:
        """Identity of what is indexed; equal hashes need one embedding and keep one chunk id."""
        whole = "\x1f".join((title, *self.heading_path, self.text, self.lang, self.kind))
        return hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, kw_only=True)
class NewArticle:
    """An article as a source tells it: one version, complete."""

    key: str  # names the article inside its source, the same in every version of the source
    title: str
    chunks: tuple[NewChunk, ...]
    kind: ArticleKind = ArticleKind.GUIDE
    lang: str = "zh"
    product: str | None = None
    product_version: str | None = None
    audience: str = PUBLIC
    translation_key: str | None = None  # equal for articles that say the same in different languages
    attributes: dict[str, str] = field(default_factory=dict)

    def content_hash(self) -> str:
        """Identity of everything a reader could notice in this version."""
        digest = hashlib.blake2b(digest_size=16)
        head = (
            self.title,
            self.kind,
            self.lang,
            self.product or "",
            self.product_version or "",
            self.audience,
            self.translation_key or "",
        )
        digest.update(repr((head, sorted(self.attributes.items()))).encode())
        for chunk in self.chunks:
            shown = (chunk.hash(self.title), chunk.markdown, chunk.locator)
            digest.update(repr(shown).encode())
        return digest.hexdigest()


@dataclass(frozen=True, kw_only=True)
class NewSource:
    """A file or URL as it was found now."""

    uri: str  # unique within the collection
    content_hash: str
    pipeline_version: str  # another version of the pipeline reads unchanged bytes again
    media_type: str = "application/octet-stream"
    file_key: str | None = None  # where the original is kept under the files folder
    pages: int | None = None


@dataclass(frozen=True)
class Published:
    """What publishing a source changed."""

    source_id: int
    articles: int  # live articles of the source now
    chunks: int  # live chunks of the source now
    changed_articles: tuple[int, ...]
    retired_articles: tuple[int, ...]
    sequence: int  # change-log number after this


@dataclass(frozen=True)
class Collection:
    """A named shelf of articles."""

    id: int
    slug: str
    name: str
    articles: int = 0


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file or URL that articles came from."""

    id: int
    collection_id: int
    uri: str
    content_hash: str
    pipeline_version: str
    media_type: str
    file_key: str | None
    pages: int | None
    retired_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Article:
    """A live or retired article, without its text."""

    id: int
    title: str
    kind: ArticleKind
    lang: str
    product: str | None
    product_version: str | None
    audience: str
    collection: str  # slug
    version: int
    updated_at: datetime
    retired_at: datetime | None
    source: Source | None
    key: str


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """One passage of a live article, with what a hit or citation shows of the article."""

    id: int
    article_id: int
    position: int
    text: str
    markdown: str | None
    heading_path: tuple[str, ...]
    kind: ChunkKind
    lang: str
    locator: Locator
    title: str
    article_kind: ArticleKind
    product: str | None
    product_version: str | None
    audience: str
    collection: str
    updated_at: datetime

    @property
    def heading(self) -> str:
        return " › ".join(self.heading_path)


@dataclass(frozen=True, kw_only=True)
class IndexRow:
    """A chunk as an index needs it, with its stored embedding if that is of the wanted embedder."""

    chunk: Chunk
    chunk_hash: str
    embedding: bytes | None


@dataclass(frozen=True)
class Change:
    """One entry of the change log: this article must be indexed anew, or dropped where it is not live."""

    sequence: int
    article_id: int


@dataclass(frozen=True)
class GlossaryTerm:
    """A word of the vendor that segmentation keeps whole, with other words customers use for it."""

    id: int
    term: str
    lang: str
    synonyms: tuple[str, ...]


class GapState(StrEnum):
    """What the content team did about a gap."""

    OPEN = "open"
    RESOLVED = "resolved"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Gap:
    """A question nothing answers, and how often it was asked."""

    id: int
    question: str
    lang: str
    times_asked: int
    last_asked_at: datetime
    state: GapState
