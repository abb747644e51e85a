"""Many random changes under searches and sudden deaths: `python -m benchmarks.churn [--changes 100000] [--kills 20]`.

One process publishes and retires articles and keeps the index up to date until it is killed with SIGKILL, and
another takes over; other processes search all the while. In the end index and database must hold the same
chunks in both legs, and what is deleted then must be found by neither. The index is the one JIEDA_INDEX names.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.asked import ALONE
from benchmarks.corpus import queries, sentences
from foundation import db, logging
from foundation.access import SYSTEM
from kb import service as kb
from kb.types import Locator, NewArticle, NewChunk, NewSource
from retrieval import index_store
from retrieval.passages import embed_articles, embedder_spec
from retrieval.service import search

_SOURCES = 50
_ARTICLES = 100  # of a source, four in five of them live at a time
_TEXTS = 3  # an article has had
_SEARCHERS = 2
_REMOVALS = 20
_PAUSE_S = 0.05  # between two searches of a process: the changes are what matters here


def run(changes: int, kills: int) -> dict[str, Any]:
    """Figures of a run; `equal` is what it is about. Raises subprocess.CalledProcessError when a search failed."""
    pick, killed, began = random.Random(3), 0, time.perf_counter()
    searchers = [_start("search", str(seed)) for seed in range(_SEARCHERS)]
    while (reached := _sequence()) < changes:
        goal = min(changes, reached + changes // (kills + 1) + 1)
        writer = _start("write", str(changes), str(killed))
        while writer.poll() is None and (_sequence() < goal or goal == changes):
            time.sleep(pick.uniform(0.02, 0.2))
        if writer.poll() is None:
            writer.kill()  # SIGKILL, whatever it was doing
            killed += 1
        elif writer.returncode:
            raise subprocess.CalledProcessError(writer.wait(), writer.args)
        writer.communicate()
    searches = [_end(one) for one in searchers]
    report = index_store.check()
    return {
        "changes": _sequence(),
        "kills": killed,
        "searches": sum(searches),
        "chunks": report.chunks,
        "missing": report.missing,
        "extra": report.extra,
        "equal": report.equal,
        "seconds_from_commit_until_neither_leg_finds_it": _removals(pick),
        "seconds": round(time.perf_counter() - began, 1),
    }


def _sequence() -> int:
    with db.read_session() as session:
        return kb.last_sequence(session)


def _start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.churn", *arguments],
        cwd=Path(__file__).parents[1],
        env={**os.environ, **ALONE},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _end(searcher: subprocess.Popen[str]) -> int:
    """How often it searched."""
    printed, _ = searcher.communicate("")
    if searcher.returncode:
        raise subprocess.CalledProcessError(searcher.returncode, searcher.args)
    return int(printed)


def write(changes: int, seed: int) -> None:
    """Publish one source after another, each with other articles and other texts than before."""
    pick = random.Random(100 + seed)
    while _sequence() < changes:
        number = pick.randrange(_SOURCES)
        articles = list(_articles(number, pick))
        embeddings = embed_articles(articles)
        source = NewSource(uri=f"source-{number}", content_hash="", pipeline_version="churn")
        with db.write_session() as session:
            shelf = kb.ensure_collection(session, "churn")
            kb.publish_source(session, shelf.id, source, articles, embeddings, embedder_spec())
        index_store.catch_up()


def _articles(source: int, pick: random.Random) -> Iterator[NewArticle]:
    for number in range(_ARTICLES):
        if pick.random() < 0.8:
            own = random.Random(f"{source} {number} {pick.randrange(_TEXTS)}")
            lang = own.choice(["zh", "en"])
            texts = own.sample(sentences()[lang], own.randrange(1, 3))
            yield NewArticle(
                key=str(number),
                title=texts[0][:30],
                chunks=tuple(NewChunk(text=text, locator=Locator(f"{number}"), lang=lang) for text in texts),
                lang=lang,
                audience=own.choice(["", "tier:vip", "staff"]),
            )


def keep_searching(seed: int) -> None:
    """Search until standard input ends; print how often. A search that fails ends the process with an error."""
    done, ended = 0, False
    os.set_blocking(sys.stdin.fileno(), False)
    while not ended:
        for query in queries(50, seed=200 + seed + done):
            with db.read_session() as session:
                search(session, SYSTEM, query)
            done += 1
            time.sleep(_PAUSE_S)
            ended = os.read(sys.stdin.fileno(), 1) == b"" if _is_readable() else False
            if ended:
                break
    sys.stdout.write(f"{done}\n")


def _is_readable() -> bool:
    return bool(select.select([sys.stdin], [], [], 0)[0])


def _removals(pick: random.Random) -> float:
    """The longest it took from a commit that deletes an article until a search of each leg was answered without it."""
    longest = 0.0
    with db.read_session() as session:
        live = sorted(kb.live_chunk_ids(session))
    for chunk_id in pick.sample(live, min(_REMOVALS, len(live))):
        with db.read_session() as session:
            chunk = kb.chunks(session, SYSTEM, [chunk_id]).get(chunk_id)
        if chunk is None:
            continue  # of an article that is gone already
        with db.write_session() as session:
            kb.delete_article(session, chunk.article_id)
        began = time.perf_counter()
        with db.read_session() as session:
            found = [search(session, SYSTEM, chunk.text, system=leg).hits for leg in ("lexical", "vector")]
        longest = max(longest, time.perf_counter() - began)
        snapshot = index_store.current().snapshot()
        held = set().union(*snapshot.chunk_ids().values()) if snapshot else set()
        if chunk_id in held or any(hit.chunk_id == chunk_id for hits in found for hit in hits):
            raise AssertionError(f"chunk {chunk_id} is still there after its article was deleted")
    return round(longest, 3)


def main() -> None:
    logging.configure(level="ERROR")
    if sys.argv[1:2] == ["write"]:
        write(int(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1:2] == ["search"]:
        keep_searching(int(sys.argv[2]))
    else:
        parser = argparse.ArgumentParser(prog="benchmarks.churn", description=__doc__)
        parser.add_argument("--changes", type=int, default=100_000)
        parser.add_argument("--kills", type=int, default=20)
        chosen = parser.parse_args()
        with tempfile.TemporaryDirectory(prefix="jieda-churn-", ignore_cleanup_errors=True) as folder:
            os.environ |= {"JIEDA_DATA_DIR": folder, "JIEDA_DATABASE_URL": ""}
            db.Table.metadata.create_all(db.engine())
            print(json.dumps(run(chosen.changes, chosen.kills), indent=2))
            db.dispose_engines()


if __name__ == "__main__":
    main()
