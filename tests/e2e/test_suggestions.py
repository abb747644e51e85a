"""Step 4: suggested articles change while a product is configured and a ticket form is filled in."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewContext, no_sideways_scroll, sign_in

SIZES = [(1280, 800), (375, 720)]


def shown(page: Page) -> list[str]:
    return page.get_by_test_id("suggestion").all_inner_texts()


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_configurators_suggestions_follow_the_choices(
    new_context: NewContext, locale: str, width: int, height: int
) -> None:
    page = new_context(locale=locale, width=width, height=height).new_page()
    page.goto("/portal/configure/drive-configurator")
    no_sideways_scroll(page)
    expect(page.get_by_test_id("configurator")).to_be_visible()
    page.get_by_test_id("option-supply-T").check(force=True)
    expect(page.get_by_test_id("suggestion").first).to_be_attached()
    before = shown(page)
    page.get_by_test_id("option-load-pump").check(force=True)
    page.wait_for_function(
        "before => JSON.stringify([...document.querySelectorAll('[data-testid=suggestion]')]"
        ".map(one => one.innerText)) !== JSON.stringify(before)",
        arg=before,
    )
    assert shown(page)


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_ticket_form_suggests_checks_and_opens_a_ticket(new_context: NewContext, locale: str) -> None:
    context = new_context(locale=locale)
    page = context.new_page()
    page.goto("/portal")
    sign_in(
        page, "liu.fang@muye-food.example" if locale == "zh-CN" else "tom.whitaker@oakfield-pumps.example"
    )
    page.goto("/portal/tickets/new?form=technical-request")
    expect(page.get_by_test_id("ticket-form")).to_be_visible()
    page.get_by_test_id("ticket-submit").click()
    expect(page.locator("[role='alert']").first).to_be_visible()  # empty required fields are pointed out
    fill(page)
    expect(page.get_by_test_id("suggestion").first).to_be_visible()
    page.get_by_test_id("ticket-submit").click()
    expect(page.get_by_test_id("ticket-sent")).to_be_visible()
    page.goto("/portal/tickets")
    expect(page.get_by_test_id("ticket-row").first).to_be_visible()


def fill(page: Page) -> None:
    """A drive that trips: the required fields, and the error code."""
    for option in ("option-request-fault", "option-product-YLD300"):
        chosen = page.get_by_test_id(option)
        page.locator("label").filter(has=chosen).click()  # the circle itself is hidden under its drawing
        expect(chosen).to_be_checked()
    page.get_by_test_id("field-error_code").fill("E-203")
    for field in page.locator("[data-testid^='field-'][aria-required='true']").all():
        kind = field.evaluate("one => one.tagName")
        if kind == "SELECT":
            values = field.evaluate("one => [...one.options].map(option => option.value).filter(Boolean)")
            field.select_option(values[0])
        elif not field.input_value():
            field.fill("E-203 after two minutes at 50 Hz / 运行两分钟后报 E-203")
