"""A process that only searches: `python -m benchmarks.searcher`, on the knowledge base the environment names."""

from __future__ import annotations

import time

HYBRID = "hybrid"
WORDS = "words alone"
VECTORS = "vectors alone"
ONE_PERCENT = "hybrid, a viewer of 1 %"
ENCODER = "encoder, one question"


def main() -> None:
    began = time.perf_counter()
    from benchmarks.asked import answer
    from benchmarks.corpus import queries
    from foundation import logging
    from foundation.access import ANONYMOUS, SYSTEM, Viewer
    from foundation.db import read_session
    from retrieval import index_store, passages
    from retrieval import service as retrieval
    from retrieval.types import System

    logging.configure(level="WARNING")

    def searching(viewer: Viewer, system: System = System.HYBRID) -> object:
        return lambda query: retrieval.search(session, viewer, query, system=system)

    before = time.perf_counter()
    index_store.catch_up()  # builds what is not there yet, as an index on another server
    began += time.perf_counter() - before
    with read_session() as session:
        systems = {
            HYBRID: searching(SYSTEM),
            WORDS: searching(SYSTEM, System.LEXICAL),
            VECTORS: searching(SYSTEM, System.VECTOR),
            ONE_PERCENT: searching(ANONYMOUS),
            ENCODER: lambda query: passages.current_embedder().embed_queries([query]),
        }
        systems[HYBRID](queries(1)[0])
        first = round(time.perf_counter() - began, 2)
        pages = [retrieval.search(session, ANONYMOUS, query) for query in queries(20)]
        # What is withheld was found, and kept back as being about something else.
        full = sum(len(page.hits) == 10 or page.withheld >= 10 for page in pages)
        answer(systems, {"first_answer_seconds": first, "full_pages_of_20_for_a_viewer_of_1_percent": full})


if __name__ == "__main__":
    main()
