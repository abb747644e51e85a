"""Values that travel through ingestion and cross its door."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kb.types import ArticleKind, NewArticle

Box = tuple[float, float, float, float]  # left, top, right, bottom in points from the top left of the page


class BlockKind(StrEnum):
    """What a parser found: the smallest thing that has a shape of its own."""

    HEADING = "heading"
    TEXT = "text"
    LIST = "list"
    TABLE = "table"
    CODE = "code"


@dataclass(frozen=True)
class Part:
    """A piece of a block that is never cut: a list item or a table row, as indexed and as shown."""

    text: str
    markdown: str


@dataclass(frozen=True, kw_only=True)
class Block:
    """A heading, paragraph, list, table or listing, in reading order."""

    kind: BlockKind
    text: str  # plain text; a table is one "header: value" line per row
    markdown: str
    level: int = 0  # of a heading, 1 is the highest
    parts: tuple[Part, ...] = ()  # items of a list, rows of a table
    table_head: str = ""  # markdown that stands above every piece of a table
    page: int | None = None  # 1-based
    box: Box | None = None
    anchor: str | None = None


@dataclass(frozen=True, kw_only=True)
class FaqEntry:
    """A question with its answer, as a FAQ table or a FAQ page holds it."""

    question: str
    answer: tuple[Block, ...]
    heading_path: tuple[str, ...] = ()
    product: str | None = None
    audience: str | None = None
    lang: str | None = None
    id: str | None = None  # the author's own name for the entry; links translations
    anchor: str | None = None


@dataclass(frozen=True, kw_only=True)
class ParsedFile:
    """What a parser made of one file; `entries` only when its format is a FAQ table."""

    blocks: tuple[Block, ...] = ()
    entries: tuple[FaqEntry, ...] = ()
    title: str | None = None
    metadata: dict[str, str] = field(
        default_factory=dict
    )  # front matter or document properties, lower-case keys
    pages: int | None = None
    kind: ArticleKind = ArticleKind.GUIDE
    may_be_faq: bool = True  # whether question headings make it a FAQ page


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one file may cost."""

    max_bytes: int = 200 * 1024 * 1024
    max_pages: int = 5000


@dataclass(frozen=True, kw_only=True)
class ParseRequest:
    """All a parser process is told: where the bytes lie and how the file is called."""

    path: str
    uri: str
    media_type: str
    audience: str = "public"
    lang: str | None = None
    limits: Limits = Limits()
    left_out: tuple[int, ...] = ()  # pages that broke a parser before
    passwords: tuple[str, ...] = field(default=(), repr=False)  # to be tried on locked files
    reads_pictures: bool = True  # text recognition for scanned pages and pictures


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A file read to the end: its articles, ready to be embedded and published."""

    articles: tuple[NewArticle, ...]
    pages: int | None = None
    left_out: tuple[str, ...] = ()  # files inside it that could not be read, each with its code


@dataclass(frozen=True)
class Upload:
    """A file that came over the network, already kept under the files folder."""

    name: str
    file_key: str


@dataclass(frozen=True, kw_only=True)
class IngestRequest:
    """What to ingest and under which rules; at least one of paths, urls and uploads is given."""

    paths: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    uploads: tuple[Upload, ...] = ()
    collection: str | None = None  # None: the folder's name, or "default"
    audience: str | None = None  # None: as the last time this was ingested, or public
    language: str | None = None  # None: found out
    allow_removals: bool = False  # retire what vanished without asking, however much it is
    retry_failed: bool = False  # read files again that failed before and have not changed since
    passwords: tuple[str, ...] = field(default=(), repr=False)  # tried on locked files, in this job only


class JobState(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    NEEDS_CONFIRMATION = "needs_confirmation"  # so much has vanished that it asks before retiring it
    DONE = "done"  # every file ended as ingested, unchanged or failed with a code
    FAILED = "failed"  # the job itself could not be carried on
    CANCELLED = "cancelled"


class FileState(StrEnum):
    """How far a file is."""

    WAITING = "waiting"
    RUNNING = "running"
    INGESTED = "ingested"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    HELD = "held"  # read, but so many of its articles have vanished that the job asks first
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class FileProgress:
    """One file of a job; an ingested one with a code has something its editor should know."""

    id: int
    path: str
    state: FileState
    stage: str
    attempts: int
    code: str | None = None
    message: str | None = None
    bytes: int | None = None
    pages: int | None = None  # None: not known yet, or a format without pages
    pages_done: int = 0
    articles: int = 0
    chunks: int = 0
    embedded: int = 0  # chunks whose embedding was computed, as it was not known
    retired: int = 0
    seconds: float | None = None
    timings: dict[str, float] = field(default_factory=dict)
    heartbeat_at: datetime | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Job:
    """A request to ingest and how far it is; `articles` and `chunks` count what its files hold now."""

    id: int
    kind: str = "ingest"
    state: JobState
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    collection: str
    total_files: int
    done_files: int
    ingested: int
    unchanged: int
    removed: int  # articles retired because their file or their entry vanished
    articles: int
    chunks: int
    failed: int
    current: str | None  # a file being read now
    stage: str = "waiting"  # listing, reading, removing, indexing, finished
    error: str | None = None
    embedded: int = 0  # chunks whose embedding was computed in this job
    heartbeat_at: datetime | None = None
    pages_done: int = 0
    pages_total: int = 0  # files without pages count by their size, about one for each 3 kB
    pages_unknown: int = 0  # files not opened yet, whose pages are a guess by their size
    seconds_left: float | None = None  # None as long as nothing can be said
    pending_removals: int = 0  # articles it asks about
    pending_of: int = 0  # live articles they are part of
    files: tuple[FileProgress, ...] = ()

    @property
    def is_finished(self) -> bool:
        return self.state in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}
