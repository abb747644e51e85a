from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retrieval import fusion
from retrieval.fusion import (
    ACROSS,
    ACROSS_WITHOUT_TOKENS,
    SAME_LANGUAGE,
    WITHOUT_TOKENS,
    Signals,
    fuse,
    ordered,
    reciprocal_rank_fusion,
    shortlist,
)

rankings = st.lists(st.lists(st.integers(1, 40), unique=True, max_size=25), min_size=1, max_size=4)
signals = st.builds(
    Signals,
    chunk_id=st.integers(1, 10_000),
    lexical=st.none() | st.floats(0.01, 60),
    cosine=st.floats(-1, 1),
    late=st.none() | st.floats(-1, 1),
    same_language=st.booleans(),
    opening=st.none() | st.floats(-1, 1),
    length=st.integers(0, 100_000),
    covered=st.none() | st.floats(-1, 1),
)
several = st.lists(signals, min_size=1, max_size=20, unique_by=lambda one: one.chunk_id)


def one(
    chunk_id: int, lexical: float | None, cosine: float, late: float | None = None, *, same: bool = True
) -> Signals:
    return Signals(chunk_id, lexical, cosine, late, same)


def test_the_shares_of_each_case_sum_to_one() -> None:
    for weights in (SAME_LANGUAGE, ACROSS, WITHOUT_TOKENS, ACROSS_WITHOUT_TOKENS):
        assert (
            abs(weights.lexical + weights.cosine + weights.late + weights.opening + weights.covered - 1)
            < 1e-9
        )
        assert min(weights.lexical, weights.cosine, weights.late, weights.opening, weights.length) >= 0


def test_both_legs_together_beat_either_alone() -> None:
    scores = fuse([one(1, 10.0, 0.8, 0.8), one(2, 10.0, 0.1, 0.1), one(3, None, 0.8, 0.8)])
    assert ordered(scores)[0] == 1


def test_words_do_not_count_across_languages() -> None:
    scores = fuse([one(1, 10.0, 0.5, 0.5, same=False), one(2, None, 0.6, 0.6, same=False)])
    assert ordered(scores) == [2, 1]


def test_an_own_language_match_comes_before_an_equal_one_across() -> None:
    scores = fuse([one(1, None, 0.7, 0.7, same=False), one(2, 9.0, 0.7, 0.7)])
    assert ordered(scores)[0] == 2


@given(several, st.floats(0.1, 50))
def test_the_scale_of_bm25_does_not_matter(candidates: list[Signals], factor: float) -> None:
    scaled = [
        signal._replace(lexical=signal.lexical * factor if signal.lexical else None) for signal in candidates
    ]
    before, after = fuse(candidates), fuse(scaled)
    assert all(abs(before[key] - after[key]) < 1e-6 for key in before)


@given(several)
def test_every_candidate_gets_a_bounded_score(candidates: list[Signals]) -> None:
    scores = fuse(candidates)
    assert scores.keys() == {s.chunk_id for s in candidates}
    assert all(-1.11 <= score <= 1.11 for score in scores.values())


@given(several)
def test_more_of_any_signal_never_lowers_a_score(candidates: list[Signals]) -> None:
    first, *others = candidates
    before = fuse(candidates)[first.chunk_id]
    assert fuse([first._replace(cosine=first.cosine + 0.1), *others])[first.chunk_id] >= before - 1e-9
    if first.late is not None:
        assert fuse([first._replace(late=first.late + 0.1), *others])[first.chunk_id] >= before - 1e-9
    if first.covered is not None:
        assert fuse([first._replace(covered=first.covered + 0.1), *others])[first.chunk_id] >= before - 1e-9
    if first.opening is not None:
        assert fuse([first._replace(opening=first.opening + 0.1), *others])[first.chunk_id] >= before - 1e-9


def test_without_tokens_words_and_meaning_count_alike() -> None:
    worded, meant = one(1, 10.0, 0.1), one(2, 1.0, 0.9)
    scores = fuse([worded, meant])
    assert abs(scores[1] - scores[2]) < 0.06


def test_of_two_equal_matches_the_shorter_passage_comes_first() -> None:
    long, short = one(1, 10.0, 0.5, 0.5)._replace(length=900), one(2, 10.0, 0.5, 0.5)._replace(length=60)
    assert ordered(fuse([long, short])) == [2, 1]


def test_length_alone_outweighs_no_clear_match() -> None:
    long, short = one(1, 10.0, 0.8, 0.8)._replace(length=5000), one(2, 5.0, 0.5, 0.5)._replace(length=5)
    assert ordered(fuse([long, short])) == [1, 2]


def test_a_passage_that_begins_with_what_is_asked_comes_first() -> None:
    inside, ahead = one(1, 10.0, 0.5, 0.7), one(2, 10.0, 0.5, 0.7)
    assert ordered(fuse([inside._replace(opening=0.3), ahead._replace(opening=0.7)])) == [2, 1]


@given(rankings)
def test_reciprocal_ranks_sum_over_rankings(lists: list[list[int]]) -> None:
    scores = reciprocal_rank_fusion(lists, k=60)
    assert scores.keys() == {chunk_id for ranking in lists for chunk_id in ranking}
    for chunk_id, score in scores.items():
        expected = sum(1 / (60 + ranking.index(chunk_id) + 1) for ranking in lists if chunk_id in ranking)
        assert abs(score - expected) < 1e-12


@given(rankings)
def test_ties_go_to_the_lower_id(lists: list[list[int]]) -> None:
    result = ordered(reciprocal_rank_fusion(lists))
    scores = reciprocal_rank_fusion(lists)
    assert result == sorted(result, key=lambda chunk_id: (-scores[chunk_id], chunk_id))


@given(rankings, st.integers(1, 30), st.integers(0, 10))
def test_the_shortlist_keeps_the_best_of_every_leg(lists: list[list[int]], size: int, floor: int) -> None:
    listed = shortlist(lists, size=size, floor=floor)
    assert len(listed) == len(set(listed))
    assert {chunk_id for ranking in lists for chunk_id in ranking[:floor]} <= set(listed)
    everything = {chunk_id for ranking in lists for chunk_id in ranking}
    assert len(listed) >= min(size, len(everything))


def test_a_tie_in_score_is_settled_by_id() -> None:
    assert fusion.ordered({5: 1.0, 2: 1.0, 9: 2.0}) == [9, 2, 5]
