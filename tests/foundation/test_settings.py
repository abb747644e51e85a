from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import BaseModel

from foundation.settings import Settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"


def variables(model: type[BaseModel], prefix: str = "JIEDA_") -> set[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found |= variables(inner, f"{prefix}{name.upper()}__")
        else:
            found.add(prefix + name.upper())
    return found


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    documented = set(re.findall(r"^\| `(JIEDA_[A-Z_]+)`", DOCUMENT.read_text("utf-8"), re.MULTILINE))
    assert documented == variables(Settings)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("", "sqlite:///here/jieda.db"),
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("sqlite:///x.db", "sqlite:///x.db"),
    ],
)
def test_a_database_address_gets_its_driver(given: str, used: str) -> None:
    assert Settings(_env_file=None, data_dir=Path("here"), database_url=given).sqlalchemy_url() == used


def test_the_signing_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path / "var")
    key = settings.signing_key()
    assert len(key) == 64
    assert settings.signing_key() == key
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o077 == 0


def test_nested_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIEDA_RETRIEVAL__CANDIDATES", "50")
    assert Settings(_env_file=None).retrieval.candidates == 50


def test_processes_that_start_together_agree_on_one_secret(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def read(_number: int) -> str:
        together.wait()
        return Settings(_env_file=None, data_dir=tmp_path / "var").signing_key()

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(read, range(8)))
    assert len(found) == 1
    assert len(found.pop()) == 64
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret_key"]
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o077 == 0
