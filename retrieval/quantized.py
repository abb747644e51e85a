"""8-bit vectors in FAISS: every row compared where there are few, the nearest lists of rows where there are many.

Measured on one core with 256 dimensions: comparing 100,000 rows takes 2 ms, as long as the rest of a search,
and misses nothing. In larger segments rows stand in lists around centroids and a search looks at those
nearest to the question, so many that it still compares about 100,000 rows it may see over all segments; where
a filter lets through fewer than that, it compares all of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np
from numpy.typing import NDArray

faiss.omp_set_num_threads(1)  # searches run side by side in threads of their own; teams of threads only wait

EXACT_BELOW = 100_000  # rows of a segment
ROWS_COMPARED = 100_000  # of indexes with lists, by one search
_TRAINED_ON: Final = 40  # rows a list
_TRAINING_ROUNDS: Final = 8


def component_range(dim: int) -> float:
    """Largest component kept: far beyond what a unit vector of this length has, so that clipping is rare."""
    return float(min(1.0, 10.0 / np.sqrt(dim)))


def new_index(vectors: NDArray[np.float32], rows: int) -> Any:
    """An empty index for `rows` rows like `vectors`, (n, dim).

    8 bits a component over one fixed range, so that codes mean the same in every segment. Not
    QT_8bit_direct_signed, though it is faster: from 64 dimensions on it also rounds the query to whole
    numbers, which leaves nothing of a unit vector.
    """
    dim, kind = vectors.shape[1], faiss.ScalarQuantizer.QT_8bit_uniform
    most = component_range(dim)
    bounds = np.array([[-most] * dim, [most] * dim], dtype=np.float32)
    if rows < EXACT_BELOW:
        flat = faiss.IndexScalarQuantizer(dim, kind, faiss.METRIC_INNER_PRODUCT)
        flat.train(bounds)
        return flat
    centroids = _centroids(vectors, _lists_for(rows))
    by_residual = False
    lists = faiss.IndexIVFScalarQuantizer(
        centroids, dim, centroids.ntotal, kind, faiss.METRIC_INNER_PRODUCT, by_residual
    )
    lists.sq.train(bounds)
    lists.is_trained = True
    return lists


def sample(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows that an index of so many learns its lists from; the same ones every time."""
    most = _TRAINED_ON * _lists_for(len(rows)) if len(rows) >= EXACT_BELOW else 1
    step = max(len(rows) // most, 1)
    return rows[::step]


def _lists_for(rows: int) -> int:
    return max(1, int(2 * np.sqrt(rows)))


def _centroids(vectors: NDArray[np.float32], count: int) -> Any:
    flat = faiss.IndexFlatIP(vectors.shape[1])
    clustering = faiss.Clustering(vectors.shape[1], min(count, len(vectors)))
    clustering.niter, clustering.spherical, clustering.seed = _TRAINING_ROUNDS, True, 1
    clustering.min_points_per_centroid, clustering.max_points_per_centroid = 1, 2 * _TRAINED_ON
    clustering.train(np.ascontiguousarray(vectors), flat)
    return flat


def lists_of(index: Any) -> int:
    """How many lists its rows stand in; 0 where every row is compared."""
    return int(getattr(index, "nlist", 0))


def open_index(path: Path, *, lists: int) -> Any:
    """Map a written index. Raises RuntimeError for a damaged file."""
    if not lists:
        return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
    mapped: Any = faiss.downcast_InvertedLists(index.invlists)
    mapped.prefetch_nthread = 0  # else every search starts 32 threads that read ahead
    index.make_direct_map()  # finds single rows
    return index


def search(
    index: Any, vectors: NDArray[np.float32], limit: int, selector: Any, selected: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Scores and rows nearest to each vector, (n, limit), best first, -1 where there are no more.

    `selector` says which rows may be found, None lets through all; `selected` says how many these are, in this
    index and in all others that are searched for the same question.
    """
    lists = lists_of(index)
    if not lists:
        parameters: Any = faiss.SearchParameters  # its stub knows no arguments
        exact: tuple[NDArray[np.float32], NDArray[np.int64]] = index.search(
            vectors, limit, params=parameters(sel=selector) if selector is not None else None
        )
        return exact
    probed = min(lists, max(1, -(-lists * ROWS_COMPARED // max(selected, 1))))
    found = _search_lists(index, vectors, limit, selector, probed)
    if probed < lists and bool((found[1] < 0).any()):  # what may be seen stands far from the question
        return _search_lists(index, vectors, limit, selector, lists)
    return found


def _search_lists(
    index: Any, vectors: NDArray[np.float32], limit: int, selector: Any, probed: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    options: dict[str, Any] = {"nprobe": probed}
    if selector is not None:
        options["sel"] = selector
    parameters: Any = faiss.SearchParametersIVF
    found: tuple[NDArray[np.float32], NDArray[np.int64]] = index.search(
        vectors, limit, params=parameters(**options)
    )
    return found
