"""Writes what `search.run` found into docs/benchmarks.md and docs/images."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks import plots, searcher

DOCS = Path(__file__).parents[1] / "docs"
_BEGIN = "<!-- written by `jieda bench search --write`: begin -->"
_END = "<!-- written by `jieda bench search --write`: end -->"


def write(figures: dict[str, Any], docs: Path = DOCS) -> None:
    """Replace what a former run wrote between the marks; the text around them is a person's."""
    page = docs / "benchmarks.md"
    text = page.read_text("utf-8")
    before, _, rest = text.partition(_BEGIN)
    if not rest:
        raise ValueError(f"{page} has no line {_BEGIN}")
    _, _, after = rest.partition(_END)
    page.write_text(f"{before}{_BEGIN}\n\n{table(figures)}\n\n{_END}{after}", "utf-8")
    for name, picture in pictures(figures).items():
        (docs / "images" / name).write_text(picture, "utf-8")


def table(figures: dict[str, Any]) -> str:
    """Markdown: every system at every size, then what a size costs."""
    return "\n".join((*_head(figures), *_systems(figures), "", *_sizes(figures), "", *_verdicts(figures)))


def _head(figures: dict[str, Any]) -> Iterator[str]:
    yield f"Taken on {date.today().isoformat()}, {figures['questions']} questions to every system in turn."  # noqa: DTZ011
    yield ""
    yield "![Median processor time of one question](images/bench-systems.svg)"
    yield "![Processor time as passages grow](images/bench-growth.svg)"
    yield ""


def _systems(figures: dict[str, Any]) -> Iterator[str]:
    yield "| passages | system | processor ms p50 | p95 | p99 | clock ms p50 | p95 | p99 | times our hybrid |"
    yield "|---:|---|---:|---:|---:|---:|---:|---:|---:|"
    for size in figures["sizes"]:
        ours = _of(size, searcher.HYBRID)
        for one in size["systems"]:
            yield _row(f"{size['passages']:,}", one, ours)
    for one in figures["whatever_the_size"]:
        yield _row("any", one, 0.0)


def _row(size: str, one: dict[str, Any], ours: float) -> str:
    times = f"{one['cpu_ms'][0] / ours:.2f}" if ours else ""
    cells = " | ".join(f"{value:.2f}" for value in (*one["cpu_ms"], *one["wall_ms"]))
    return f"| {size} | {_shown(one['name'])} | {cells} | {times} |"


def _shown(name: str) -> str:
    return f"**jieda {name}**" if name == searcher.HYBRID else _named(name)


def _named(name: str) -> str:
    own = (searcher.HYBRID, searcher.WORDS, searcher.VECTORS, searcher.ONE_PERCENT, searcher.ENCODER)
    return f"jieda {name}" if name in own or name.startswith("hybrid") else name


def _sizes(figures: dict[str, Any]) -> Iterator[str]:
    yield (
        "| passages | built, processor s | how | index MB | database MB | memory of a process that searches, MB |"
        " its peak | first answer after s | searches a second of 2 processes | on idle cores |"
    )
    yield "|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|"
    for size in figures["sizes"]:
        build, memory = size["build"], size["memory_of_a_process_that_searches"]
        rate = size["throughput"]
        yield (
            f"| {size['passages']:,} | {build['cpu_seconds']:.0f} | {build['by']} | {build['index_bytes'] / 1e6:.0f} |"
            f" {build['database_bytes'] / 1e6:.0f} | {memory['rss_mb']} | {memory['peak_rss_mb']} |"
            f" {size['first_answer_seconds']} | {rate['searches_per_second']} | {rate['on_idle_cores']} |"
        )


def _verdicts(figures: dict[str, Any]) -> Iterator[str]:
    """The targets, each as a ratio of this run."""
    by_size = {size["passages"]: size for size in figures["sizes"]}
    hundred, million = by_size.get(100_000), by_size.get(1_000_000)
    minilm = next((one["cpu_ms"][0] for one in figures["whatever_the_size"]), None)
    yield "| target | found |"
    yield "|---|---|"
    if hundred and minilm:
        ours = _of(hundred, searcher.HYBRID)
        found = f"{ours:.1f} ms against {minilm:.1f} ms: {ours / minilm:.2f} ×"
        yield f"| a hybrid search at 100,000 costs less than one MiniLM embedding | {found} |"
    if hundred:
        times = _of(hundred, "rank-bm25, words to scores") / _of(hundred, searcher.HYBRID)
        yield f"| and at least 50 times less than rank-bm25's scores alone | {times:.0f} times less |"
    if hundred and million:
        times = _of(million, searcher.HYBRID) / _of(hundred, searcher.HYBRID)
        yield f"| a search at 1,000,000 costs at most 4 times one at 100,000 | {times:.2f} × |"
    if million:
        memory = million["memory_of_a_process_that_searches"]["peak_rss_mb"]
        yield f"| 1,000,000 passages searchable in 1.5 GB of memory | {memory / 1000:.2f} GB at the peak |"
    for size in figures["sizes"]:
        full = size["full_pages_of_20_for_a_viewer_of_1_percent"]
        yield f"| who may see 1 % of {size['passages']:,} gets a full page, or none | {full} of 20 |"


def _of(size: dict[str, Any], name: str) -> float:
    return float(next(one["cpu_ms"][0] for one in size["systems"] if one["name"] == name))


def pictures(figures: dict[str, Any]) -> dict[str, str]:
    """File name → SVG."""
    shown = [size for size in figures["sizes"] if len(size["systems"]) > 5][-1:] or figures["sizes"][-1:]
    systems = {_named(one["name"]): one["cpu_ms"][0] for one in shown[0]["systems"]}
    anywhere = {one["name"]: one["cpu_ms"][0] for one in figures["whatever_the_size"]}
    ordered = dict(sorted((systems | anywhere).items(), key=lambda item: item[1]))
    across = [size["passages"] for size in figures["sizes"]]
    growth = {
        f"jieda {name} {label}": [_percentile(size, name, at) for size in figures["sizes"]]
        for name in (searcher.HYBRID,)
        for at, label in enumerate(("p50", "p95", "p99"))
    }
    if anywhere:
        growth["one MiniLM embedding"] = list(anywhere.values())[:1]
    title = f"Processor time of one question over {shown[0]['passages']:,} passages, median"
    return {
        "bench-systems.svg": plots.bars(title, ordered, "ms", marked="jieda"),
        "bench-growth.svg": plots.lines("Processor time of one hybrid search", across, growth, "ms"),
    }


def _percentile(size: dict[str, Any], name: str, at: int) -> float:
    return float(next(one["cpu_ms"][at] for one in size["systems"] if one["name"] == name))
