"""Fits the token vectors; `python -m models.training` runs it with all that goes before and after.

Every step sums three objectives. Pairs: the right partner must win against every other text of the batch
(symmetric InfoNCE). Teaching: the student's vector of an English text, and of its Chinese translation, must find
the teacher's vector of the English. Late interaction: the right partner must also win by MaxSim.
"""

import hashlib
import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.nn import functional

from models.training.data import Pair, is_english, unique
from models.training.distill import ensure_teacher
from models.training.late import LATE_BATCH, late_loss
from models.training.tokens import Splitter, TokenStore, bag, document_frequency, tokenize
from models.training.vocab import build_tokenizer

log = logging.getLogger(__name__)

DIM = 256
SEED = 20261121
TEMPERATURE = 0.05
SPLIT_SHARE = 0.06
MAX_TOKENS = 128
#: How often a pair of this kind is drawn, relative to 1; few but precious kinds come more often.
KIND_WEIGHT = {
    "dict": 0.35,
    "qa": 4.0,
    "qa_xling": 4.0,
    "question_answer": 4.0,
    "question_answer_xling": 4.0,
    "summary_body": 4.0,
    "paraphrase": 4.0,
    "ui": 2.0,
    "title_body": 1.5,
    "title_body_xling": 1.5,
    "translation_noisy": 0.5,
}


@dataclass(frozen=True, slots=True)
class Material:
    """What a run trains on: token ids of all texts, the pairs and their draw weights, the taught texts."""

    tokenizer: Tokenizer
    store: TokenStore
    pairs: NDArray[np.int64]  # (pairs, 2) text numbers
    draw: NDArray[np.float64]  # (pairs,) how often each is drawn, relative to the others
    source: NDArray[np.int64]  # (pairs,) number of the source
    taught: NDArray[np.int64]  # (taught, 2) text number, row of `teacher`
    teacher: NDArray[np.float32]  # (texts of the teacher, DIM) unit rows


@dataclass(frozen=True, slots=True)
class Stage:
    """One cycle of the learning rate; `by_source` takes every other batch from a single source."""

    steps: int
    rate: float
    late: float = 0.0  # weight of late interaction
    by_source: bool = False


#: How the shipped weights were made: meaning first, then telling apart what lies close together.
SHIPPED = (Stage(1200, 4e-3), Stage(500, 2e-3, late=0.5, by_source=True))


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and with which weights a run trains; the same plan gives the same vectors up to rounding."""

    stages: tuple[Stage, ...] = SHIPPED
    teaching: float = 1.0
    pair_batch: int = 2048
    teacher_batch: int = 1024
    seed: int = SEED

    def first(self, stages: int) -> "Plan":
        """The same plan, ended after `stages` stages."""
        return replace(self, stages=self.stages[:stages])


def prepare(pairs: Sequence[Pair], work: Path, general: Path) -> Material:
    """Tokenize the pairs and fit the teacher's vectors into DIM dimensions."""
    tokenizer = build_tokenizer(pairs, general)
    teacher_texts, raw = ensure_teacher(pairs, work)
    texts = unique([text for pair in pairs for text in (pair.a, pair.b)])
    number = {text: at for at, text in enumerate(texts)}
    store = tokenize(tokenizer, texts, limit=MAX_TOKENS)
    rows = np.array([(number[pair.a], number[pair.b]) for pair in pairs])
    filled = np.diff(store.offsets)[rows].min(axis=1) > 0
    draw = np.array([KIND_WEIGHT.get(pair.kind, 1.0) for pair in pairs])
    _, source = np.unique([pair.source for pair in pairs], return_inverse=True)
    taught = _taught(pairs, number, {text: row for row, text in enumerate(teacher_texts)})
    teacher = reduce_dimensions(raw)
    return Material(tokenizer, store, rows[filled], draw[filled], source[filled], taught, teacher)


def _taught(pairs: Sequence[Pair], number: dict[str, int], row: dict[str, int]) -> NDArray[np.int64]:
    """Pair each taught text with its teacher vector: itself, and what a translation pair says is the same."""
    same = {(number[text], at) for text, at in row.items()}
    for pair in pairs:
        if pair.kind in ("translation", "ui", "dict"):
            for mine, theirs in ((pair.a, pair.b), (pair.b, pair.a)):
                if theirs in row and is_english(theirs) and not is_english(mine):
                    same.add((number[mine], row[theirs]))
    return np.array(sorted(same))


def reduce_dimensions(vectors: NDArray[np.float16]) -> NDArray[np.float32]:
    """Keep the DIM directions that vary most (PCA without centring, so cosines change least); unit rows."""
    full = vectors.astype(np.float32)
    _, axes = np.linalg.eigh(full.T @ full)
    reduced = full @ axes[:, ::-1][:, :DIM]
    return np.asarray(reduced / np.linalg.norm(reduced, axis=1, keepdims=True), dtype=np.float32)


def initial_vectors(material: Material, idf: NDArray[np.float32], rng: np.random.Generator) -> torch.Tensor:
    """Start each token at the mean of the teacher's vectors of the texts that have it, as long as it is rare."""
    size = material.tokenizer.get_vocab_size()
    texts, rows = material.taught.T
    ids, lengths = material.store.take(texts)
    vectors = rng.normal(0.0, 0.3 / DIM**0.5, (size, DIM)).astype(np.float32)
    share = 1.0 / np.repeat(lengths, lengths).astype(np.float32) ** 1.5
    places = torch.from_numpy(np.stack([ids.astype(np.int64), np.repeat(rows, lengths)]))
    shape = (size, len(material.teacher))
    spread = torch.sparse_coo_tensor(places, torch.from_numpy(share), shape, check_invariants=True)
    sums = torch.sparse.mm(spread, torch.from_numpy(material.teacher))
    sums = functional.normalize(sums - sums.mean(dim=0, keepdim=True), dim=1)
    strength = torch.from_numpy(idf / idf.max())
    return (sums + torch.from_numpy(vectors)) * strength[:, None]


def train(material: Material, plan: Plan, work: Path | None = None) -> NDArray[np.float32]:
    """Fit the token vectors, (vocab, DIM): all stages in turn.

    What a stage made is kept in `work`; a run that was cut short goes on after the last stage it finished.
    """
    idf = document_frequency(material.store, material.tokenizer.get_vocab_size())
    vectors = initial_vectors(material, idf, np.random.default_rng(plan.seed))
    for number in range(len(plan.stages)):
        kept = work / f"stage-{number + 1}-{_digest(material, plan.first(number + 1))}.npy" if work else None
        if kept and kept.exists():
            vectors = torch.from_numpy(np.load(kept))
            continue
        vectors = train_stage(material, plan, number, vectors, torch.from_numpy(idf))
        if kept:
            np.save(kept, vectors.numpy())
    return vectors.numpy()


def _digest(material: Material, plan: Plan) -> str:
    """Tells apart what runs with other words, other pairs or another plan leave behind."""
    told = f"{plan}{material.tokenizer.to_str()}{len(material.pairs)} {len(material.taught)}"
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def train_stage(
    material: Material, plan: Plan, number: int, start: torch.Tensor, rarity: torch.Tensor
) -> torch.Tensor:
    """Run stage `number` of the plan from `start`; its draws depend on the seed and the number alone."""
    stage = plan.stages[number]
    rng = np.random.default_rng((plan.seed, number))
    torch.manual_seed(plan.seed + number)
    vectors = start.clone().requires_grad_()
    splitter = Splitter(material.tokenizer, rng)
    optimizer = torch.optim.Adam([vectors], lr=stage.rate, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, stage.rate, total_steps=stage.steps, pct_start=0.05
    )

    def embed(texts: NDArray[np.int64]) -> torch.Tensor:
        ids, offsets = bag(*splitter(*material.store.take(texts), share=SPLIT_SHARE))
        return functional.normalize(functional.embedding_bag(ids, vectors, offsets, mode="mean"), dim=1)

    for step, (pairs, taught) in enumerate(itertools.islice(_draws(material, plan, stage, rng), stage.steps)):
        loss = pair_loss(embed(pairs[:, 0]), embed(pairs[:, 1]), pairs)
        if plan.teaching:
            texts, rows = taught.T
            loss = loss + plan.teaching * teacher_loss(embed(texts), torch.from_numpy(material.teacher[rows]))
        if stage.late:
            loss = loss + stage.late * late_loss(vectors, rarity, material.store, pairs[:LATE_BATCH])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            log.info("stage %d, step %d of %d: loss %.3f", number + 1, step, stage.steps, loss.item())
    return vectors.detach()


def _draws(
    material: Material, plan: Plan, stage: Stage, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield batches for ever: from everything, or by turns also from one source, where partners look alike."""
    everything = np.arange(len(material.pairs))
    members = [np.flatnonzero(material.source == source) for source in range(material.source.max() + 1)]
    members = [pairs for pairs in members if len(pairs) >= plan.pair_batch] or [everything]
    shares = np.array([material.draw[pairs].sum() for pairs in members])
    cumulated = [np.cumsum(material.draw[pairs]) for pairs in (everything, *members)]
    for turn in itertools.count():
        chosen = 0
        if stage.by_source and turn % 2:
            chosen = 1 + int(rng.choice(len(members), p=shares / shares.sum()))
        limits = cumulated[chosen]
        picks = np.searchsorted(limits, rng.random(plan.pair_batch) * limits[-1])
        pairs = members[chosen - 1][picks] if chosen else picks
        taught = rng.integers(len(material.taught), size=plan.teacher_batch)
        yield material.pairs[pairs], material.taught[taught]


def pair_loss(a: torch.Tensor, b: torch.Tensor, rows: NDArray[np.int64]) -> torch.Tensor:
    """Symmetric InfoNCE; the same text elsewhere in the batch is no negative."""
    scores = a @ b.T / TEMPERATURE
    same = (rows[:, :1] == rows[:, 0]) | (rows[:, 1:] == rows[:, 1])
    np.fill_diagonal(same, val=False)
    scores = scores.masked_fill(torch.from_numpy(same), -1e4)
    target = torch.arange(len(rows))
    return (functional.cross_entropy(scores, target) + functional.cross_entropy(scores.T, target)) / 2


def teacher_loss(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Distance to the teacher's vector, and to how the teacher ranks the batch around it."""
    wanted = functional.softmax(teacher @ teacher.T / TEMPERATURE, dim=1)
    found = functional.log_softmax(student @ teacher.T / TEMPERATURE, dim=1)
    return (
        functional.kl_div(found, wanted, reduction="batchmean")
        + (1.0 - (student * teacher).sum(dim=1)).mean()
    )
