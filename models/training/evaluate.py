"""Score the encoder on benchmark folders: `python -m models.training.evaluate --bench DIR [--model DIR]`.

Columns: BM25 (bm25s over segmented words), cosine alone, half of each (both divided by their best), and late
interaction: over the best 60, cosine + MaxSim, in one language also 0.5 BM25. A whole search is scored by
`jieda eval`; this one looks at the encoder only.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import bm25s
import numpy as np
import rjieba
from numpy.typing import NDArray

from models.embedders.builtin import WEIGHTS, BuiltinEmbedder
from models.segmenter import normalize

Floats: TypeAlias = NDArray[np.float32]
DEPTH = 60
WITH_QUESTION = ("reworded", "xling")


def evaluate(folder: Path, embedder: BuiltinEmbedder) -> Iterator[tuple[str, dict[str, tuple[float, float]]]]:
    """Yield (group, {system: (nDCG@10, recall@10)}) for each task, language and target language of the folder."""
    corpus = _lines(folder / "corpus.jsonl")
    relevant = _relevant(folder / "qrels.tsv")
    groups = defaultdict(list)
    for query in _lines(folder / "queries.jsonl"):
        groups[query["task"], query["lang"], query.get("target_lang")].append(query)
    for (task, lang, target), queries in sorted(groups.items(), key=str):
        documents = [document for document in corpus if target is None or document["lang"] == target]
        texts = [_document_text(document, with_question=task in WITH_QUESTION) for document in documents]
        ids = np.array([document["id"] for document in documents])
        wanted = [np.isin(ids, list(relevant[query["id"]])) for query in queries]
        questions = [query["text"] for query in queries]
        systems = _systems(questions, texts, embedder, same_language=target in (None, lang))
        figures = {name: _figures(scores, wanted) for name, scores in systems.items()}
        yield f"{folder.name} {task} {lang}→{target or '*'} ({len(queries)})", figures


def _systems(
    queries: Sequence[str], texts: Sequence[str], embedder: BuiltinEmbedder, *, same_language: bool
) -> dict[str, Floats]:
    words = _bm25(queries, texts)
    passages = [embedder.token_ids(text) for text in texts]
    cosine = embedder.embed_queries(queries) @ embedder.embed_tokens(passages).T
    half = _by_best(words) + _by_best(cosine)
    candidates, first = (half, 0.5 * _by_best(words) + cosine) if same_language else (cosine, cosine)
    late = np.full_like(cosine, -2.0)
    for at, text in enumerate(queries):
        top = np.argsort(-candidates[at], kind="stable")[:DEPTH]
        scores = embedder.maxsim(embedder.token_ids(text), [passages[number] for number in top])
        late[at, top] = first[at, top] + scores
    return {"bm25": words, "cosine": cosine, "half": half, "late": late}


def _bm25(queries: Sequence[str], texts: Sequence[str]) -> Floats:
    index = bm25s.BM25()
    index.index([_words(text) for text in texts], show_progress=False)
    known = index.vocab_dict
    scores = [
        index.get_scores(found) if (found := _known(query, known)) else np.zeros(len(texts))
        for query in queries
    ]
    return np.stack(scores).astype(np.float32)


def _known(query: str, vocabulary: dict[str, int]) -> list[str]:
    return [word for word in _words(query) if word in vocabulary]


def _words(text: str) -> list[str]:
    return [word for word in rjieba.cut(normalize(text)) if any(char.isalnum() for char in word)]


def _by_best(scores: Floats) -> Floats:
    best = scores.max(axis=1, keepdims=True)
    return np.divide(scores, best, out=np.zeros_like(scores), where=best > 0)


def _figures(scores: Floats, wanted: Sequence[NDArray[np.bool_]]) -> tuple[float, float]:
    """Mean nDCG@10 and recall@10 (of at most 10 wanted documents)."""
    discount = 1.0 / np.log2(np.arange(2, 12))
    gains, recalls = [], []
    for row, right in zip(scores, wanted, strict=True):
        found = right[np.argsort(-row, kind="stable")[:10]]
        possible = min(10, int(right.sum()))
        gains.append(found @ discount[: len(found)] / discount[:possible].sum())
        recalls.append(found.sum() / possible)
    return float(np.mean(gains)), float(np.mean(recalls))


def _document_text(document: dict[str, str], *, with_question: bool) -> str:
    question = [document["question"]] if with_question and document.get("question") else []
    return "\n".join([*question, document["title"], document["text"]])


def _relevant(path: Path) -> dict[str, set[str]]:
    relevant: dict[str, set[str]] = defaultdict(set)
    for line in path.read_text(encoding="utf-8").splitlines():
        query, document, _ = line.split("\t")
        relevant[query].add(document)
    return relevant


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Print one line per group: nDCG@10 / recall@10 of every system."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=WEIGHTS)
    parser.add_argument("--sets", nargs="*", default=["esp_faq", "alchemy_zh", "partner_center", "tidb_docs"])
    arguments = parser.parse_args()
    embedder = BuiltinEmbedder(arguments.model)
    for name in arguments.sets:
        for group, figures in evaluate(arguments.bench / name, embedder):
            cells = "  ".join(
                f"{system} {ndcg:.3f}/{recall:.3f}" for system, (ndcg, recall) in figures.items()
            )
            print(f"{group:48} {cells}", flush=True)


if __name__ == "__main__":
    main()
