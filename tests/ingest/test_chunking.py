import re

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import chunking
from ingest.chunking import LIMIT, LONGEST_SENTENCE, Section, chunk_answer, chunk_sections, sections
from ingest.parsers import markdown
from ingest.text import sentences, size
from ingest.types import Block, BlockKind, Part
from kb.types import ChunkKind
from tests.ingest.conftest import heading, text_block

LONG = "这一节足够长，可以单独成为一个片段。" * 20  # long enough to stand alone
WORDS = re.compile(r"\w+")
paragraphs = st.lists(
    st.text(alphabet="电机变频器。，！abcde XYZ.;?\n0129", min_size=1, max_size=1500).filter(WORDS.search),
    min_size=1,
    max_size=6,
)


def chunks_of(blocks, lang="zh"):
    return chunk_sections(sections(blocks), uri="u", lang=lang)


@given(paragraphs)
def test_no_word_is_lost_or_doubled_and_no_chunk_is_too_big(texts):
    found = chunks_of([text_block(text) for text in texts])
    whole = "".join("".join(WORDS.findall(text)) for text in texts)
    assert "".join("".join(WORDS.findall(chunk.text)) for chunk in found) == whole
    assert all(size(chunk.text) <= LIMIT * LONGEST_SENTENCE + 10 for chunk in found)


@given(
    st.lists(
        st.sampled_from(["这是一句完整的话，说明电机的接法。", "The drive stops at once. ", "为什么？"]),
        min_size=1,
        max_size=400,
    )
)
def test_a_chunk_never_ends_inside_a_sentence(parts):
    for chunk in chunks_of([text_block("".join(parts))]):
        assert chunk.text[-1] in "。.？"


@given(st.text(max_size=400))
def test_sentences_put_together_are_the_text(text):
    assert "".join(sentences(text)) == text


def test_decimal_numbers_and_abbreviations_do_not_end_a_sentence():
    assert list(sentences("It takes 3.5 s, e.g. for v2.1.0. Then it stops.")) == [
        "It takes 3.5 s, e.g. for v2.1.0. ",
        "Then it stops.",
    ]


def test_headings_make_the_path_and_the_title_is_not_repeated():
    blocks = [
        heading("T", 1),
        text_block(LONG + "a"),
        heading("A"),
        heading("B", 3),
        text_block(LONG + "b"),
        heading("C"),
        text_block(LONG + "c"),
    ]
    found = chunk_sections(sections(blocks, title="T"), uri="u", lang="zh")
    assert [(chunk.heading_path, chunk.text[-1]) for chunk in found] == [
        ((), "a"),
        (("A", "B"), "b"),
        (("C",), "c"),
    ]


def test_small_neighbours_share_a_chunk_under_the_heading_they_have_in_common():
    blocks = [
        heading("接线", 1),
        text_block("先断电。"),
        heading("单相", 2),
        text_block("接 R 和 S。"),
        heading("三相", 2),
        text_block("接 R、S 和 T。"),
        heading("维护", 1),
        text_block(LONG * 2),
        heading("更换", 2),
        text_block("先放水。"),
    ]
    found = chunks_of(blocks)
    assert [(chunk.heading_path, chunk.text) for chunk in found] == [
        (("接线",), "先断电。\n单相\n接 R 和 S。\n三相\n接 R、S 和 T。"),
        (("维护",), LONG * 2),
        (("维护", "更换"), "先放水。"),
    ]
    assert "**单相**" in (found[0].markdown or "")


def test_small_neighbours_below_different_headings_stay_apart():
    blocks = [
        heading("A", 1),
        heading("B", 2),
        text_block("先断电。"),
        heading("C", 1),
        heading("D", 2),
        text_block("再通电。"),
    ]
    assert [chunk.heading_path for chunk in chunks_of(blocks)] == [("A", "B"), ("C", "D")]


@given(st.lists(st.integers(1, 900), min_size=1, max_size=30))
def test_together_they_are_never_longer_than_a_chunk_of_one(lengths):
    found = [
        Section((f"Part {place}",), None, [text_block("字" * length)]) for place, length in enumerate(lengths)
    ]
    runs = chunking.gathered(found)
    assert [section for run in runs for section in run] == found
    for run in runs:
        assert (
            len(run) == 1 or sum(len(block.text) for one in run for block in one.blocks) <= chunking.TOGETHER
        )


def table(rows: int) -> Block:
    parts = tuple(
        Part(f"型号: M{index}; 电流: {index} A，{'说明' * 20}", f"| M{index} | {index} A |")
        for index in range(rows)
    )
    return Block(
        kind=BlockKind.TABLE,
        text="\n".join(part.text for part in parts),
        markdown="",
        parts=parts,
        table_head="| 型号 | 电流 |\n| --- | --- |",
    )


def test_a_long_table_is_cut_between_rows_and_every_piece_repeats_the_head():
    found = chunks_of([table(60)])
    assert len(found) > 1
    assert all(chunk.kind is ChunkKind.TABLE for chunk in found)
    assert all(chunk.markdown.startswith("| 型号 | 电流 |\n| --- | --- |\n") for chunk in found)
    assert [line for chunk in found for line in chunk.text.split("\n")] == table(60).text.split("\n")


def test_an_answer_is_one_chunk_up_to_twice_the_limit():
    answer = Section(("FAQ",), None, [text_block("这是答案的一部分。" * 80), text_block("这也是。" * 150)])
    found = chunk_answer(answer, uri="u", lang="zh")
    assert [chunk.kind for chunk in found] == [ChunkKind.FAQ]
    assert size(found[0].text) > LIMIT


def test_code_is_cut_between_lines_and_stays_code():
    code = "\n".join(f"value_{index} = compute({index})" for index in range(200))
    found = chunks_of([markdown.parse(f"```python\n{code}\n```").blocks[0]], lang="en")
    assert len(found) > 1
    assert all(chunk.kind is ChunkKind.CODE and chunk.markdown.startswith("```python\n") for chunk in found)
    assert "\n".join(chunk.text for chunk in found) == code


def test_a_point_keeps_the_paragraphs_below_it():
    def point(n):
        text = f"{n}. 规则"
        return Block(kind=BlockKind.LIST, text=text, markdown=text, parts=(Part(text, text),))

    blocks = [
        block for n in range(1, 9) for block in (point(n), text_block("说明：" + "原因很多，" * 40 + "完。"))
    ]
    assert all(chunk.text.startswith(tuple("12345678")) for chunk in chunks_of(blocks))


def test_language_is_per_chunk_and_code_takes_the_articles():
    found = chunks_of(
        [
            heading("A"),
            text_block("English sentences with several ordinary words in them, long enough. " * 4),
            heading("B"),
            text_block("这一段是中文，里面有 WiFi 和 SDK。" * 5),
            heading("C"),
            Block(kind=BlockKind.CODE, text="SELECT 1;\n" * 120, markdown="```\nSELECT 1;\n```"),
        ]
    )
    assert [chunk.lang for chunk in found] == ["en", "zh", "zh"]


def test_a_chunk_stands_on_the_page_of_its_first_piece():
    found = chunks_of(
        [
            text_block("a", page=2, box=(1, 2, 3, 4)),
            text_block("b", page=2, box=(0, 5, 2, 9)),
            text_block("c", page=3, box=(9, 9, 9, 9)),
        ]
    )
    assert (found[0].locator.page, found[0].locator.box) == (2, (0, 2, 3, 9))


def test_text_that_reads_alike_as_markdown_is_stored_once():
    assert chunks_of([text_block("一句话。")])[0].markdown is None
    assert chunking.LIMIT == 800


@given(st.lists(paragraphs, min_size=2, max_size=5), st.data())
@settings(deadline=None)
def test_an_edit_changes_no_chunk_below_another_heading(bodies, data):
    def hashes(place: int) -> list[str]:
        return [chunk.hash("title") for chunk in found if chunk.heading_path[0] == f"Part {place}"]

    def page() -> list[Block]:
        return [
            block
            for place, body in enumerate(bodies)
            for block in (
                heading(f"Part {place}", 1),
                heading("Overview"),
                *map(text_block, body),
                heading("Notes"),
                text_block("Mind the pump."),
            )
        ]

    edited = data.draw(st.integers(0, len(bodies) - 1))
    found = chunks_of(page())
    before = [hashes(place) for place in range(len(bodies))]
    bodies[edited] = [*data.draw(paragraphs), "A sentence that is new."]
    found = chunks_of(page())
    after = [hashes(place) for place in range(len(bodies))]
    assert before[edited] != after[edited]
    assert [one for place, one in enumerate(before) if place != edited] == [
        one for place, one in enumerate(after) if place != edited
    ]


def test_a_heading_with_nothing_below_it_is_text_of_the_section_around_it():
    blocks = [
        heading("接线", 1),
        text_block(LONG),
        heading("保证期两年", 2),
        heading("维护", 1),
        text_block(LONG),
    ]
    found = [(chunk.heading_path, chunk.text) for chunk in chunks_of(blocks)]
    assert found == [(("接线",), f"{LONG}\n保证期两年"), (("维护",), LONG)]
