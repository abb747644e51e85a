from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval import token_counts

passages = st.lists(st.lists(st.integers(0, 2**16 - 1), max_size=8), max_size=12)


@given(passages, st.integers(1, 5))
def test_every_passage_counts_once_for_each_token_in_it(texts: list[list[int]], block: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(token_counts, "_BLOCK", block)
        counted = token_counts.count([np.array(text, np.uint16) for text in texts])
    expected = Counter(token for text in texts for token in set(text))
    assert dict(zip(counted.ids.tolist(), counted.passages.tolist(), strict=True)) == expected
    asked = np.array([*expected, 0, 2**16 - 1], np.uint16)
    assert counted.of(asked).tolist() == [expected[token] for token in asked.tolist()]
