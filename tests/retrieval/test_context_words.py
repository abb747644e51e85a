from __future__ import annotations

import pytest

from retrieval.context_words import PassageWords


@pytest.mark.parametrize(
    ("term", "stands"),
    [
        ("过流", True),
        ("流", False),  # one character stands in too many words
        ("发票", False),
        ("motor", True),  # as the analyzer stems it
        ("mot", False),
        ("e203", True),
        ("203", True),  # a part of the code
        ("20", False),
        ("3.4", True),
    ],
)
def test_words_are_asked_for_as_the_analyzer_stores_them(term: str, stands: bool) -> None:
    words = PassageWords("过流报警 E-203\nThe motors stop since v3.4.0")
    assert (term in words) is stands


def test_traditional_writing_is_the_same_word() -> None:
    assert "变频器" in PassageWords("變頻器過流")
