"""Ingestion measured beside others in one run: text beside MiniLM's embedding alone, PDF beside bare extraction.

Rates are per second of processor time, of all processes together, so that they compare on a busy machine too.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from benchmarks.corpus import KNOWLEDGE
from foundation.db import dispose_engines, read_session
from foundation.settings import Settings, use_settings
from ingest import service
from kb.tables import ChunkTable

_JIEDA = [sys.executable, "-c", "from portal_api.entry import main; main()"]
_COPIES = (
    160  # of the sample's texts, each about another model: the start of a process must not count for much
)
_MINILM_CHUNKS = 64  # it is slow enough to be timed on few


@dataclass(frozen=True)
class Options:
    """What to ingest; without folders the sample company's texts and manuals."""

    texts: Path | None = None
    pdfs: Path | None = None
    minilm_python: str = ""  # an interpreter that has MiniLM and torch; empty: leave it out


def run(options: Options = Options()) -> dict[str, object]:
    """Rates of text and PDF ingestion with their stages, and how they stand to the others'."""
    with tempfile.TemporaryDirectory(prefix="jieda-bench-") as scratch:
        folder = Path(scratch)
        texts = _ingest(options.texts or _copies(folder / "texts"), folder / "text-data")
        pdfs_from = options.pdfs or _pdfs(folder / "pdfs")
        pdfs = _ingest(pdfs_from, folder / "pdf-data")
        figures: dict[str, object] = {"text": texts.figures, "pdf": pdfs.figures}
        beside = {name: _extraction(pdfs_from, read) for name, read in _readers()}
        figures["bare_extraction"] = beside
        ratios = {
            "unchanged_is_faster_by": round(texts.seconds / max(texts.again, 1e-3), 1),
            "pdf_reading_to_bare_pdfium": _ratio(
                float(pdfs.figures["pages_per_second_reading"]), beside["pypdfium2"]
            ),
        }
        if options.minilm_python:
            minilm = _minilm(options.minilm_python, texts.chunks)
            figures["minilm"] = minilm
            ratios["text_to_minilm"] = round(
                float(texts.figures["chunks_per_second"]) / minilm["chunks_per_second"], 1
            )
        return {**figures, "ratios": ratios}


def _ratio(ours: float, bare: dict[str, Any]) -> float:
    return round(ours / float(bare["pages_per_second"]), 2)


@dataclass(frozen=True)
class _Ingested:
    figures: dict[str, Any]
    chunks: list[str]
    seconds: float
    again: float


def _ingest(source: Path, data: Path) -> _Ingested:
    """Ingest a folder twice, each time in a fresh process."""
    first, cpu, peak_mb = _timed(source, data)
    again, again_cpu, _peak = _timed(source, data)
    settings = Settings(_env_file=None, data_dir=data)  # type: ignore[call-arg]
    use_settings(settings)
    try:
        with read_session() as session:
            job = service.job(session, first["job_id"])
            chunks = list(session.scalars(select(ChunkTable.text)))
    finally:
        dispose_engines()
        use_settings(None)
    stages: Counter[str] = Counter()
    for file in job.files:
        stages.update(file.timings)
    megabytes = sum(file.bytes or 0 for file in job.files) / 2**20
    pages = sum(file.pages or 0 for file in job.files if not file.code)
    figures = {
        "files": first["files"],
        "failed": len(first["failed"]),
        "pages": pages,
        "chunks": first["chunks"],
        "megabytes": round(megabytes, 2),
        "seconds": first["seconds"],
        "processor_seconds": round(cpu, 2),
        "chunks_per_second": round(first["chunks"] / cpu, 1),
        "megabytes_per_second": round(megabytes / cpu, 2),
        "pages_per_second": round(pages / cpu, 1),
        "pages_per_second_reading": round(pages / max(stages["read"], 1e-6), 1),
        "stage_seconds": {name: round(value, 2) for name, value in stages.items()},
        "peak_mb": round(peak_mb),
        "unchanged_seconds": again["seconds"],
        "unchanged_processor_seconds": round(again_cpu, 2),
    }
    return _Ingested(figures, chunks, cpu, again_cpu)


def _timed(source: Path, data: Path) -> tuple[dict[str, Any], float, float]:
    """What `jieda ingest` reports, its processor time with all its children's, and their memory together."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("JIEDA_")}
    environment |= {"JIEDA_DATA_DIR": str(data), "JIEDA_LOG_LEVEL": "ERROR"}
    before = _children_cpu()
    process = subprocess.Popen(
        [*_JIEDA, "ingest", str(source), "--json"], env=environment, stdout=subprocess.PIPE
    )
    peak = _PeakMemory(process.pid)
    output, _nothing = process.communicate()
    return json.loads(output), _children_cpu() - before, peak.stop()


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class _PeakMemory:
    """The most that a process and its descendants held together, in MB; shared pages count each time."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._ended = pid, 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        self._ended.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            self._peak = max(self._peak, sum(map(_resident_mb, _family(self._pid))))


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _resident_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
    except (OSError, IndexError):
        return 0.0


def _copies(folder: Path) -> Path:
    """Texts enough to be timed: the sample's own, each time about another model."""
    folder.mkdir()
    for path in sorted(KNOWLEDGE.rglob("*.md")):
        text = path.read_text("utf-8")
        for number in range(_COPIES):
            changed = text.replace("YLD", f"YLD{number:02}-").replace("\n\n", f" ({number:02})\n\n")
            (folder / f"{path.stem}-{number:02}.md").write_text(changed, "utf-8")
    return folder


def _pdfs(folder: Path) -> Path:
    folder.mkdir()
    for path in sorted(KNOWLEDGE.rglob("*.pdf")):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


# ---- the others -----------------------------------------------------------------------------------------


def _readers() -> Iterator[tuple[str, Callable[[Path], int]]]:
    yield "pypdfium2", _with_pdfium
    for name, read in (("pdfminer.six", _with_pdfminer), ("pypdf", _with_pypdf)):
        if importlib.util.find_spec(name.partition(".")[0]):
            yield name, read


def _extraction(folder: Path, read: Callable[[Path], int]) -> dict[str, Any]:
    """Pages a second of processor time, over the files that library can read at all."""
    pages = refused = 0
    began = time.process_time()
    for path in sorted(folder.rglob("*.pdf")):
        try:
            pages += read(path)
        except Exception:  # noqa: BLE001 - each library has its own ways to give up
            refused += 1
    seconds = time.process_time() - began
    return {"pages": pages, "refused": refused, "pages_per_second": round(pages / max(seconds, 1e-6), 1)}


def _with_pdfium(path: Path) -> int:
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        for page in document:
            page.get_textpage().get_text_range()
        return len(document)


def _with_pdfminer(path: Path) -> int:
    from pdfminer.high_level import extract_text

    return extract_text(str(path)).count("\f")


def _with_pypdf(path: Path) -> int:
    from pypdf import PdfReader

    pages = PdfReader(path).pages
    for page in pages:
        page.extract_text()
    return len(pages)


def _minilm(python: str, chunks: list[str]) -> dict[str, Any]:
    """MiniLM's embedding of some of the same chunks, on as many threads as it likes."""
    sample = chunks[:: max(1, len(chunks) // _MINILM_CHUNKS)][:_MINILM_CHUNKS]
    program = (
        "import json, sys, time\n"
        "from benchmarks.minilm import Encoder\n"
        "texts = json.load(sys.stdin)\n"
        "encoder = Encoder()\n"
        "encoder.embed(['warm up'])\n"
        "began = time.process_time()\n"
        "encoder.embed(texts)\n"
        "print(time.process_time() - began)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [python, "-c", program],
        input=json.dumps(sample),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = float(done.stdout.split()[-1])
    return {"chunks": len(sample), "chunks_per_second": round(len(sample) / seconds, 1)}
