"""Step 2 of a new user's way: ask in both languages, open the citation, meet an honest "I don't know"."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewContext, no_sideways_scroll, open_widget, say

SIZES = [(1280, 800), (375, 720)]
ANSWERED = [
    ("zh-CN", "变频器报 E-203 是什么意思，怎么处理？", "恒速运行中过电流"),
    ("en-GB", "What does fault E-203 mean and how do I clear it?", "overcurrent at constant speed"),
]
UNKNOWN = [("zh-CN", "你们公司食堂周五有红烧肉吗？"), ("en-GB", "Who won the football world cup in 1998?")]


def answer_turn(page: Page) -> str:
    return page.locator("[data-testid='widget-turn'][data-role='assistant']").last.inner_text()


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize(("locale", "question", "expected"), ANSWERED)
def test_a_question_is_answered_and_its_citation_opens_the_passage(
    new_context: NewContext, locale: str, question: str, expected: str, width: int, height: int
) -> None:
    context = new_context(locale=locale, width=width, height=height)
    page = context.new_page()
    page.goto("/portal")
    no_sideways_scroll(page)
    open_widget(page)
    say(page, question)
    citation = page.get_by_test_id("widget-citation").first
    expect(citation).to_be_visible()
    assert expected in answer_turn(page)
    with context.expect_page() as opened:
        citation.click()
    article = opened.value
    cited = article.locator(".p-passage--cited")
    expect(cited).to_contain_text(expected)
    expect(cited).to_be_in_viewport()
    no_sideways_scroll(article)


@pytest.mark.parametrize(("locale", "question"), UNKNOWN)
def test_what_nothing_answers_is_met_with_an_honest_word_and_a_person_is_offered(
    new_context: NewContext, locale: str, question: str
) -> None:
    page = new_context(locale=locale).new_page()
    page.goto("/portal")
    open_widget(page)
    say(page, question)
    expect(page.locator("[data-testid='widget-turn'][data-kind='abstain']")).to_be_visible()
    assert page.get_by_test_id("widget-citation").count() == 0
    expect(page.get_by_test_id("widget-abstain-handoff")).to_be_visible()


def test_a_citation_of_a_pdf_opens_at_its_page(new_context: NewContext) -> None:
    page = new_context(locale="en-GB").new_page()
    page.goto("/portal/search?q=flow+meter+manual+grounding")
    results = page.get_by_test_id("search-result")
    expect(results.first).to_be_visible()
    manual = results.filter(has_text=re.compile("manual", re.IGNORECASE)).first
    manual.click()
    link = page.get_by_test_id("open-original")
    expect(link).to_have_attribute("href", re.compile(r"/api/v1/articles/\d+/file#page=\d+"))
    href = link.get_attribute("href") or ""
    answer = page.request.get(href.partition("#")[0])
    assert answer.headers["content-type"] == "application/pdf"
    assert "inline" in answer.headers["content-disposition"]
    assert answer.body().startswith(b"%PDF")
    picture = page.get_by_test_id("original-viewer").locator("img")
    expect(picture).to_have_attribute("src", re.compile(r"/pages/\d+\?chunk=\d+"))
    expect(picture.and_(page.locator("img:not([class*='old'])"))).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 800
    page.get_by_test_id("page-after").click()
    expect(picture).to_have_attribute("src", re.compile(r"/pages/\d+$"))


def test_the_language_switch_changes_page_and_widget(new_context: NewContext) -> None:
    page = new_context(locale="zh-CN").new_page()
    page.goto("/portal")
    expect(page.locator("html")).to_have_attribute("lang", re.compile("^zh"))
    page.get_by_test_id("locale-switch").get_by_text("EN").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    open_widget(page)
    expect(page.get_by_test_id("widget-panel")).to_contain_text("Talk to a person")


def test_the_conversation_survives_a_reload_and_a_lost_line(new_context: NewContext) -> None:
    context = new_context(locale="en-GB")
    page = context.new_page()
    page.goto("/portal")
    open_widget(page)
    say(page, "What does fault E-203 mean and how do I clear it?")
    expect(page.get_by_test_id("widget-citation").first).to_be_visible()
    context.set_offline(True)
    say(page, "How long is the warranty of the YLD300 drive?")
    page.wait_for_timeout(500)
    context.set_offline(False)
    expect(page.locator("[data-testid='widget-turn'][data-role='assistant']")).to_have_count(2)
    page.reload()
    open_widget(page)
    expect(page.locator("[data-testid='widget-turn'][data-role='user']")).to_have_count(2)
    expect(page.locator("[data-testid='widget-turn'][data-role='assistant']")).to_have_count(2)
