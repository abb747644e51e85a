"""Every setting of the service; nothing else reads the environment.

A variable is `JIEDA_` + name; a nested one joins the names with two underscores, as in
`JIEDA_CHATBOT__MIN_CONFIDENCE`. docs/configuration.md lists all of them, and a test keeps it true.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class RetrievalSettings(BaseModel):
    """How search runs."""

    candidates: Annotated[int, Field(ge=10, le=1000)] = 100  # per leg, before fusion
    rerank_timeout_ms: Annotated[int, Field(ge=0)] = 400  # past it, the fused order is served


class ChatbotSettings(BaseModel):
    """How the bot decides and what it may take to answer."""

    target_precision: Annotated[float, Field(ge=0.5, lt=1)] = 0.95  # share of given answers to be right
    min_confidence: Annotated[float, Field(ge=0, le=1)] | None = (
        None  # below it the bot abstains; empty: by the target
    )
    answer_timeout_s: Annotated[float, Field(gt=0)] = 12.0  # past it the answer is extractive
    answer_max_tokens: Annotated[int, Field(ge=16)] = 600  # a model may write; an answer cut off is not shown
    answer_passage_chars: Annotated[int, Field(ge=500)] = 6000  # of passages, given to a model
    max_turn_chars: Annotated[int, Field(ge=1)] = 4000
    handoff_after_failures: Annotated[int, Field(ge=0)] = (
        3  # unanswered questions in a row; 0: never by itself
    )
    max_action_retries: Annotated[int, Field(ge=0, le=20)] = (
        3  # values a system may turn down before a person helps
    )
    system_urls: dict[str, str] = {}  # where a system of the vendor is, by its slug; wins over its YAML
    system_tokens: dict[str, str] = {}  # bearer tokens of these systems


class IngestSettings(BaseModel):
    """What ingestion accepts and how hard it works."""

    max_file_mb: Annotated[int, Field(ge=1)] = 200
    max_pages: Annotated[int, Field(ge=1)] = 5000
    file_timeout_s: Annotated[int, Field(ge=1)] = 300
    file_memory_mb: Annotated[int, Field(ge=128)] = 1500
    workers: Annotated[int, Field(ge=1, le=64)] = 2  # parser processes at a time
    read_pictures: bool = True  # text recognition for scanned pages and pictures
    passwords: list[SecretStr] = []  # tried on locked PDFs and archives
    ask_above_removals: Annotated[int, Field(ge=0)] = 10  # a sync that retires more articles than this …
    ask_above_share: Annotated[float, Field(ge=0, le=1)] = 0.3  # … and more than this share of all asks first
    allow_private_urls: bool = False  # fetch pages from addresses inside your own network


class DeskSettings(BaseModel):
    """What the service desk may do on its own."""

    sync_secrets: dict[str, SecretStr] = {}  # systems that may tell of companies and people: name → whsec_…
    webhook_hosts: list[str] = []  # hosts inside your own network that webhooks may call, e.g. erp.internal


class WebSettings(BaseModel):
    """Sessions, uploads and who may embed the widget."""

    public_url: Annotated[str, Field(pattern=r"^(https?://[^\s/]+(/[^\s]*)?)?$")] = (
        ""  # where customers reach the portal
    )
    session_hours: Annotated[int, Field(ge=1)] = 72
    secure_cookies: bool = False  # set to true behind HTTPS
    allowed_origins: list[str] = []  # other sites that may embed the widget, e.g. https://www.example.com
    rate_limit_per_minute: Annotated[int, Field(ge=1)] = 600  # per client, for anonymous calls
    turns_per_minute: Annotated[int, Field(ge=1)] = 60  # of one visitor, over sockets and requests together
    max_upload_mb: Annotated[int, Field(ge=1)] = 200


class Settings(BaseSettings):
    """All settings, read once from the environment and `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="JIEDA_", env_file=".env", env_nested_delimiter="__", extra="ignore"
    )

    data_dir: Path = Path("var")  # holds everything the embedded default writes
    database_url: str = ""  # empty: SQLite in data_dir; e.g. postgresql://user@host/jieda
    redis_url: str = ""  # empty: jobs and live events stay in this process
    index: str = "embedded"  # or milvus:<uri>, with #<name> behind where several share a server
    index_token: str = ""  # sent to Milvus: a token, or user:password
    embedder: str = "builtin"  # or st:<model>
    reranker: str = "none"  # or st:<model>
    answer_model: str = "extractive"  # or openai:<model>@<base_url>
    answer_api_key: str = ""  # sent to the answer model as a bearer token
    secret_key: str = ""  # empty: made once and kept in data_dir/secret_key
    log_level: str = "INFO"
    log_format: Annotated[str, Field(pattern="^(json|console)$")] = "json"
    demo_logins: bool = True  # offer the sample company's log-ins once it is loaded
    retrieval: RetrievalSettings = RetrievalSettings()
    chatbot: ChatbotSettings = ChatbotSettings()
    ingest: IngestSettings = IngestSettings()
    desk: DeskSettings = DeskSettings()
    web: WebSettings = WebSettings()

    def link(self, path: str) -> str:
        """The address of a page of ours, as a customer can open it from anywhere."""
        return self.web.public_url.rstrip("/") + path

    def sqlalchemy_url(self) -> str:
        """The database address in SQLAlchemy's form, with the driver named."""
        if not self.database_url:
            return f"sqlite:///{(self.data_dir / 'jieda.db').as_posix()}"
        scheme, separator, rest = self.database_url.partition("://")
        driver = "postgresql+psycopg" if scheme in {"postgres", "postgresql"} else scheme
        return driver + separator + rest

    @property
    def files_dir(self) -> Path:
        return self.data_dir / "files"

    @property
    def index_dir(self) -> Path:
        return self.data_dir / "index"

    def signing_key(self) -> str:
        """The secret that signs tokens; made on first use when none is set."""
        if self.secret_key:
            return self.secret_key
        path = self.data_dir / "secret_key"
        try:
            return path.read_text("utf-8")
        except FileNotFoundError:
            _write_once(path, secrets.token_hex(32))
            return path.read_text("utf-8")


def _write_once(path: Path, text: str) -> None:
    """Write a private file that nobody ever sees half written; another process's file stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    own.touch(mode=0o600)
    try:
        own.write_text(text, "utf-8")
        with contextlib.suppress(FileExistsError):
            os.link(own, path)
    finally:
        own.unlink()


_override: list[Settings] = []


@lru_cache(maxsize=1)
def _from_environment() -> Settings:
    return Settings()


def get_settings() -> Settings:
    """The settings of this process."""
    return _override[-1] if _override else _from_environment()


def use_settings(settings: Settings | None) -> None:
    """Replace the settings of this process; None goes back to the environment. For tests and the CLI."""
    _override.clear()
    if settings is not None:
        _override.append(settings)
