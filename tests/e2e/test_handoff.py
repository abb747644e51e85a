"""Step 3: a person is one tap away, VIPs first, live on both sides, and rated in the end."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import NewContext, no_sideways_scroll, open_widget, say, sign_in

STANDARD = {"zh-CN": "liu.fang@muye-food.example", "en-GB": "tom.whitaker@oakfield-pumps.example"}
VIP = {"zh-CN": "gu.wenbo@hailan-water.example", "en-GB": "elin.sandberg@norvik-packaging.example"}


def ask_for_a_person(context: BrowserContext, email: str, text: str) -> Page:
    page = context.new_page()
    page.goto("/portal")
    sign_in(page, email)
    open_widget(page)
    say(page, text)
    answer = page.locator("[data-testid='widget-turn'][data-role='assistant']")
    card = page.get_by_test_id("widget-handoff-card")
    expect(answer.or_(card).first).to_be_visible()
    if not card.is_visible():  # a VIP whose question nothing answers is with a person already
        page.get_by_test_id("widget-handoff").click()
    expect(card).to_be_visible()
    return page


def agent_desk(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/console")
    page.get_by_test_id("login-email").fill("tao.ran@yanling.example")
    page.get_by_test_id("login-password").fill("demo-agent")
    page.get_by_test_id("login-submit").click()
    expect(page.get_by_test_id("login-submit")).to_have_count(0)
    expect(page).to_have_url(re.compile("/console/desk"))
    return page


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_a_case_goes_from_the_widget_to_the_desk_and_back(new_context: NewContext, locale: str) -> None:
    desk = agent_desk(new_context(locale=locale))
    rows = desk.get_by_test_id("ticket-row")
    marker = f"{locale} flickering display"

    standard = ask_for_a_person(new_context(locale=locale), STANDARD[locale], f"{marker} standard Q-1")
    expect(rows.filter(has_text=f"{marker} standard")).to_have_count(1)
    vip = ask_for_a_person(new_context(locale=locale), VIP[locale], f"{marker} vip Q-2")
    expect(rows.filter(has_text=f"{marker} vip")).to_have_count(1)
    texts = [row.inner_text() for row in rows.all()]
    place = {
        name: next(n for n, text in enumerate(texts) if f"{marker} {name}" in text)
        for name in ("vip", "standard")
    }
    assert place["vip"] < place["standard"], "the VIP who came later stands first"

    rows.filter(has_text=f"{marker} vip").click()
    expect(desk.get_by_test_id("transcript")).to_contain_text(f"{marker} vip")
    expect(desk.get_by_test_id("queue-vip")).to_be_visible()
    # the green channel gives its tickets to an agent who is there: nobody has to claim them
    expect(desk.get_by_test_id("ticket-claim")).to_have_count(0)
    desk.get_by_test_id("reply-text").fill("Switch it off. / 请先断电。")
    desk.get_by_test_id("reply-send").click()
    expect(vip.locator("[data-testid='widget-turn'][data-role='agent']")).to_contain_text("请先断电")
    expect(standard.locator("[data-testid='widget-turn'][data-role='agent']")).to_have_count(0)

    say(vip, "It is off. / 已断电。")
    expect(desk.get_by_test_id("transcript")).to_contain_text("已断电")
    desk.get_by_test_id("ticket-resolve").click()
    expect(vip.get_by_test_id("widget-rating")).to_be_visible()
    vip.get_by_test_id("widget-rating-5").click()
    vip.get_by_test_id("widget-rating-submit").click()
    expect(vip.get_by_test_id("widget-rating-done")).to_be_visible()


def test_the_agent_gives_the_conversation_back_and_the_bot_answers_again(new_context: NewContext) -> None:
    customer = ask_for_a_person(new_context(locale="en-GB"), STANDARD["en-GB"], "give me back case Q-5")
    desk = agent_desk(new_context(locale="en-GB"))
    desk.get_by_test_id("ticket-row").filter(has_text="give me back case").click()
    desk.get_by_test_id("ticket-claim").click()
    desk.get_by_test_id("ticket-give-back").click()
    expect(customer.get_by_test_id("widget-log")).to_contain_text("The assistant is back")
    expect(desk.get_by_test_id("ticket-give-back")).to_have_count(0)
    say(customer, "How long may the motor cable be?")
    expect(customer.locator("[data-testid='widget-turn'][data-role='assistant']").last).to_contain_text(
        "50 m"
    )
    expect(customer.get_by_test_id("widget-handoff")).to_be_visible()


def test_an_internal_note_never_reaches_the_customer(new_context: NewContext) -> None:
    customer = ask_for_a_person(new_context(locale="en-GB"), STANDARD["en-GB"], "internal note case Q-3")
    desk = agent_desk(new_context(locale="en-GB"))
    desk.get_by_test_id("ticket-row").filter(has_text="internal note case").click()
    desk.get_by_test_id("reply-internal").click()
    desk.get_by_test_id("reply-text").fill("margin is thin, do not discount")
    desk.get_by_test_id("reply-send").click()
    expect(desk.get_by_test_id("transcript")).to_contain_text("margin is thin")
    desk.get_by_test_id("reply-public").click()
    desk.get_by_test_id("reply-text").fill("We are on it.")
    desk.get_by_test_id("reply-send").click()
    expect(customer.get_by_test_id("widget-log")).to_contain_text("We are on it.")
    expect(customer.get_by_test_id("widget-log")).not_to_contain_text("margin is thin")


def test_a_drafted_reply_carries_its_sources(new_context: NewContext) -> None:
    ask_for_a_person(
        new_context(locale="en-GB"), STANDARD["en-GB"], "What does fault E-203 mean and how do I clear it?"
    )
    desk = agent_desk(new_context(locale="en-GB"))
    desk.get_by_test_id("ticket-row").filter(has_text="What does fault E-203").first.click()
    desk.get_by_test_id("draft-reply").click()
    expect(desk.get_by_test_id("reply-text")).to_have_value(re.compile("overcurrent"))
    expect(desk.get_by_test_id("draft-note")).to_be_visible()


def test_the_console_works_on_a_phone(new_context: NewContext) -> None:
    ask_for_a_person(new_context(locale="zh-CN"), STANDARD["zh-CN"], "手机上看得到吗 Q-4")
    desk = agent_desk(new_context(locale="zh-CN", width=375, height=720))
    no_sideways_scroll(desk)
    desk.get_by_test_id("ticket-row").filter(has_text="手机上看得到吗").click()
    expect(desk.get_by_test_id("transcript")).to_contain_text("手机上看得到吗")
    no_sideways_scroll(desk)
    desk.get_by_test_id("ticket-back").click()
    expect(desk.get_by_test_id("ticket-list")).to_be_visible()
