"""Text to measure with: the sample company's knowledge, recombined to any size with a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from retrieval.benchmark_data import Document

KNOWLEDGE = Path(__file__).parents[1] / "examples" / "yanling" / "knowledge"


def sentences() -> dict[str, list[str]]:
    """Lines of the sample guides and FAQ tables, by language."""
    found: dict[str, list[str]] = {"zh": [], "en": []}
    for path in sorted(KNOWLEDGE.rglob("*")):
        if path.suffix not in {".md", ".csv", ".rst"}:
            continue
        lang = "zh" if ".zh." in path.name else "en"
        found[lang] += [line.strip() for line in path.read_text("utf-8").splitlines() if len(line) > 30]
    return found


def documents(count: int, *, seed: int = 7) -> Iterator[Document]:
    """`count` passages of four lines each, half Chinese, half English, each with a model code of its own."""
    pick, lines = random.Random(seed), sentences()
    for number in range(count):
        lang = "zh" if number % 2 else "en"
        code = f"{pick.choice(['YLD', 'YLG', 'YLP'])}-{number:06d}"
        text = "\n".join(pick.sample(lines[lang], 4))
        yield Document(
            id=str(number),
            title=f"{code} {text[:24]}",
            text=f"{text}\n{code}",
            lang=lang,
            question=None,
            version=None,
        )


def queries(count: int, *, seed: int = 8) -> list[str]:
    """Short questions made of what the passages say."""
    pick, lines = random.Random(seed), sentences()
    return [pick.choice(lines[pick.choice(["zh", "en"])])[:40] for _ in range(count)]
