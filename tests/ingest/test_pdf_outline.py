"""Which lines of a page the file's own table of contents names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.parsers.pdf_blocks import Outline, _first_sign, _squashed

written = st.text(
    st.one_of(st.sampled_from(" \t\u2003\u3000.．、：（)"), st.characters(exclude_categories=["Cs"]))
)


@given(written)
def test_the_first_sign_is_that_of_the_squashed_words(text: str) -> None:
    assert _first_sign(text) == _squashed(text)[:1]


def test_a_heading_is_known_however_its_number_is_spaced() -> None:
    outline = Outline([("1.2 Wiring", 2, 4)])
    assert outline.heading("\u20031.2\u2003Wiring", 4) == ("1.2 Wiring", 2)
    assert outline.heading("Wiring", 4) is None
