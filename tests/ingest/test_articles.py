import pytest

from ingest.articles import build, path_language, translation_path
from ingest.errors import UnreadableFileError
from ingest.parsers import markdown
from ingest.types import FaqEntry, ParsedFile, ParseRequest
from kb.types import ArticleKind
from tests.ingest.conftest import heading, text_block


def articles(source: str, uri: str = "docs/a.md", **rules):
    return build(ParseRequest(path="", uri=uri, media_type="", **rules), markdown.parse(source))


def test_a_guide_takes_title_product_version_and_language_from_its_front_matter():
    made = articles(
        "---\ntitle: T\nproduct: P\nversion: '2'\nlanguage: en\naudience: tier:vip\n---\n# Other\n\nWords."
    )[0]
    assert (made.title, made.product, made.product_version, made.lang, made.audience) == (
        "T",
        "P",
        "2",
        "en",
        "tier:vip",
    )
    assert (made.kind, made.key) == (ArticleKind.GUIDE, "page")


def test_without_front_matter_the_first_heading_is_the_title_then_the_file_name():
    assert articles("# 选型指南\n\n文字。")[0].title == "选型指南"
    assert articles("Just words.", uri="docs/wiring-guide.en.md")[0].title == "wiring guide"


def test_parallel_files_share_a_translation_key():
    for one, other in (
        ("d/zh_CN/a/b.rst", "d/en/a/b.rst"),
        ("d/a.zh.md", "d/a.en.md"),
        ("d/a-zh.md", "d/a-en.md"),
    ):
        assert translation_path(one) == translation_path(other)
        assert (path_language(one), path_language(other)) == ("zh", "en")
    assert translation_path("d/engine.md") == "d/engine.md"


FAQ = "# FAQ\n\n## {}\n\n{}\n\n## {}\n\n{}\n"


def test_a_question_keeps_its_key_when_others_are_added_before_it():
    before = articles(FAQ.format("A?", "One.", "B?", "Two."))
    after = articles(FAQ.format("New?", "Zero.", "B?", "Two."))
    assert [one.kind for one in before] == [ArticleKind.FAQ] * 2
    assert before[1].key == after[1].key
    assert before[0].key != after[0].key


def test_entries_of_parallel_pages_pair_by_place_while_they_are_as_many():
    zh = articles(FAQ.format("甲？", "一。", "乙？", "二。"), uri="d/zh/faq.md")
    en = articles(FAQ.format("A?", "One.", "B?", "Two."), uri="d/en/faq.md")
    assert [one.translation_key for one in zh] == [one.translation_key for one in en]
    assert [one.lang for one in zh + en] == ["zh", "zh", "en", "en"]


def test_the_same_question_twice_gives_two_keys():
    made = articles(FAQ.format("A?", "One.", "A?", "Two."))
    assert len({one.key for one in made}) == 2


def test_a_row_overrules_the_file_and_an_unknown_audience_fails_it():
    entry = FaqEntry(question="Q?", answer=(text_block("A."),), audience="staff", lang="en")
    request = ParseRequest(path="", uri="f.csv", media_type="")
    assert build(request, ParsedFile(entries=(entry,)))[0].audience == "staff"
    wrong = FaqEntry(question="Q?", answer=(text_block("A."),), audience="friends")
    with pytest.raises(UnreadableFileError) as caught:
        build(request, ParsedFile(entries=(wrong,)))
    assert caught.value.code == "bad_audience"


def test_a_page_of_headings_only_gives_no_article():
    assert articles("# Title\n\n## Part\n") == ()


def test_a_printed_manual_is_called_as_its_file_says_and_not_after_its_first_chapter():
    blocks = (heading("1 Safety", 1), text_block("Words."), heading("2 Wiring", 1), text_block("More words."))
    request = ParseRequest(path="", uri="d/yld300_manual.en.pdf", media_type="")
    assert (
        build(request, ParsedFile(blocks=blocks, pages=9, title="YLD300 Manual"))[0].title == "YLD300 Manual"
    )
    assert build(request, ParsedFile(blocks=blocks, pages=9))[0].title == "yld300 manual"
