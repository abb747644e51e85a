"""A manual is found under its product though it never says so in a field."""

from __future__ import annotations

import pytest

from foundation.access import ANONYMOUS
from foundation.db import read_session
from ingest.products import with_products
from kb import service as kb
from kb.types import ArticleKind, Locator, NewArticle, NewChunk

KNOWN = ("YLD300", "YLG20")


def page(title: str, text: str = "Text.", kind: ArticleKind = ArticleKind.MANUAL, **more: str) -> NewArticle:
    chunk = NewChunk(text=text, locator=Locator("a.pdf"), lang="en")
    return NewArticle(key="page", title=title, chunks=(chunk,), lang="en", kind=kind, **more)


def product_of(article: NewArticle, uri: str = "manuals/a.pdf") -> str | None:
    return with_products([article], uri, KNOWN)[0].product


@pytest.mark.parametrize(
    ("title", "uri"),
    [
        ("YLD300 系列变频器 用户手册", "a.pdf"),
        ("用户手册", "manuals/yld300-user-manual.zh.pdf"),
        ("Manual of the YLD300-T5R5", "a.pdf"),
    ],
)
def test_title_or_file_name_tells_the_product(title, uri):
    assert product_of(page(title), uri) == "YLD300"


def test_of_two_products_in_the_title_none_is_taken():
    assert product_of(page("YLD300 on a YLG20"), "yld300.pdf") is None


def test_a_manual_full_of_one_product_is_about_it_and_a_guide_is_not():
    text = "The YLD300 starts. " * 8 + "A YLG20 reads it."
    assert product_of(page("Manual", text)) == "YLD300"
    assert product_of(page("Guide", text, ArticleKind.GUIDE)) is None
    assert product_of(page("Manual", text + "The YLG20 too. " * 3)) is None


def test_what_an_article_says_stays_and_faq_entries_are_left_alone():
    assert product_of(page("YLD300", product="YLG20")) == "YLG20"
    assert product_of(page("Does the YLD300 start?", kind=ArticleKind.FAQ)) is None


def test_part_of_a_longer_code_is_another_product():
    assert product_of(page("The YLD3000 and XYLD300 manual")) is None


def test_a_page_takes_the_product_its_collection_knows(ingest, tmp_path):
    (tmp_path / "a-faq.csv").write_text("question,answer,product\nHow to start?,Press RUN.,YLD300\n")
    ingest(tmp_path)
    (tmp_path / "yld300-guide.md").write_text("# Starting\n\nPress RUN twice.\n")
    (tmp_path / "other.md").write_text("# Other\n\nPress RUN thrice.\n")
    ingest(tmp_path)
    with read_session() as session:
        found, _total = kb.articles(session, ANONYMOUS, kb.ArticleFilter(), limit=10)
    assert {article.title: article.product for article in found} == {
        "How to start?": "YLD300",
        "Starting": "YLD300",
        "Other": None,
    }
