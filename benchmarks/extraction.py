"""How much of the text of PDFs arrives in their blocks: `python -m benchmarks.extraction FOLDER… [--worst 20]`.

Compares, page by page, the words and Chinese characters of pypdfium2's raw text with those of the blocks of that page
(a paragraph that goes on counts for the page it begins on, so the pages before and after count too). What ingestion
leaves out on purpose (running headers, page numbers, dotted contents lines, words strewn over drawings) counts as lost.
Pages with fewer than 20 words, files without text or that no reader opens are left out; pictures are not read.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from pathlib import Path

import pypdfium2

from ingest.errors import UnreadableFileError
from ingest.parsers import pdf
from ingest.text import clean
from ingest.types import ParsedFile

_TOKEN = re.compile(r"[^\W_\u3400-\u9fff]+|[\u3400-\u9fff]")
_LEAST = 20
_MAX_PAGES = 300


def tokens(text: str) -> Counter[str]:
    """Words and Chinese characters; a hyphen at the end of a line joins its word."""
    joined = re.sub(r"[-\u00ad\ufffe\x02]\s*\n?\s*", "", text)
    return Counter(_TOKEN.findall(clean(joined).lower()))


def raw_pages(path: Path) -> list[Counter[str]]:
    """What pypdfium2 says stands on each page."""
    with pypdfium2.PdfDocument(path) as document:
        return [
            tokens(document[index].get_textpage().get_text_range())
            for index in range(min(len(document), _MAX_PAGES))
        ]


def block_pages(parsed: ParsedFile, count: int) -> list[Counter[str]]:
    """What our blocks say stands on each page."""
    pages = [Counter[str]() for _ in range(count)]
    for block in parsed.blocks:
        if block.page is not None and block.page <= count:
            pages[block.page - 1] += tokens(f"{block.text}\n{block.table_head}")
    return pages


def recall(raw: list[Counter[str]], ours: list[Counter[str]]) -> tuple[int, int]:
    """How many tokens of the raw text were found, of how many."""
    found = wanted = 0
    for place, page in enumerate(raw):
        if page.total() < _LEAST:
            continue
        near = sum((ours[at] for at in (place - 1, place, place + 1) if 0 <= at < len(ours)), Counter[str]())
        found += (page & near).total()
        wanted += page.total()
    return found, wanted


def run(folders: list[Path], worst: int) -> dict[str, object]:
    """Recall over all files, and the files that lose most."""
    files: list[tuple[float, int, str]] = []
    refused: Counter[str] = Counter()
    found = wanted = 0
    for path in sorted(file for folder in folders for file in folder.rglob("*.pdf")):
        try:
            raw = raw_pages(path)
            parsed = pdf.parse(path, max_pages=5000, reads_pictures=False)
        except (UnreadableFileError, pypdfium2.PdfiumError) as error:
            refused[getattr(error, "code", "pdfium")] += 1
            continue
        here, of = recall(raw, block_pages(parsed, len(raw)))
        if of:
            files.append((round(here / of, 4), of, path.name))
            found, wanted = found + here, wanted + of
    return {
        "files": len(files),
        "refused": dict(refused),
        "tokens": wanted,
        "recall": round(found / max(wanted, 1), 4),
        "mean_recall_of_files": round(sum(file[0] for file in files) / max(len(files), 1), 4),
        "files_from_0.98": sum(file[0] >= 0.98 for file in files),
        "worst": sorted(files)[:worst],
    }


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.extraction",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--worst", type=int, default=20)
    chosen = parser.parse_args()
    print(json.dumps(run(chosen.folders, chosen.worst), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
