"""The dialogue of an action and the requests it leads to, without a system and without a database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot import action_dialogue, action_openapi, action_slots, phrase_rules
from chatbot.action_dialogue import Progress, RunState
from chatbot.action_reply import filled_in
from chatbot.action_specs import ActionSpec, Slot, SlotType, System, read_system, resolve
from chatbot.errors import BadActionError
from tests.chatbot.shop import EXAMPLE, erp_app

DOCUMENT = json.loads((EXAMPLE / "erp" / "openapi.json").read_text("utf-8"))
WRITTEN = yaml.safe_load((EXAMPLE / "erp" / "actions.yaml").read_text("utf-8")) | {"openapi": DOCUMENT}
SYSTEM: System = read_system(WRITTEN)
INVOICE, ADDRESS = SYSTEM.actions[1], SYSTEM.actions[2]

SAID = st.one_of(
    st.sampled_from(
        ["SO26-104381", "so26 104402", "SO-1", "是", "确认", "yes", "no", "不对", "需要修改", "算了", "never mind", "专票",
         "普票", "91320583MA1X2Y3Z4K", "a@b.example", "订单号应该是 SO26-104999", "修改税号", "Change the order number",
         "the delivery address should be 5 High Street", "保修期多久？", "跳过", "上海市浦东新区张江路 88 号"]
    ),
    st.text(max_size=40),
)  # fmt: skip


@given(
    action=st.sampled_from([INVOICE, ADDRESS]),
    said=st.lists(SAID, max_size=14),
    lang=st.sampled_from(["zh", "en"]),
)
@settings(max_examples=300, deadline=None)
def test_whatever_is_said_nothing_is_called_unconfirmed_or_incomplete(
    action: ActionSpec, said: list[str], lang: str
) -> None:
    progress = Progress(state=RunState.FILLING, slots={}, asking=action.slots[0].name, lang=lang)
    for text in said:
        before, says = progress, action_dialogue.hear(action, progress, text)
        progress = says.progress
        if progress.state is RunState.CALLING:
            assert before.state is RunState.CONFIRMING and progress.slots == before.slots
            assert all(progress.slots.get(slot.name) is not None for slot in action.slots)
            break
        if progress.state is RunState.CANCELLED:
            break
        assert says.text or progress.slots == before.slots  # what it does not answer it does not take
        for slot in action.slots:
            value = progress.slots.get(slot.name)
            assert value is None or action_slots.read(slot, str(value)) == value


def slot(kind: SlotType, **more: Any) -> Slot:
    words = {"zh": "值", "en": "value"}
    return Slot(name="x", type=kind, title=words, prompt=words, help=words, **more)


@pytest.mark.parametrize(
    ("made", "text", "value"),
    [
        (slot(SlotType.CODE, pattern="SO[0-9]{2}-[0-9]{6}"), "订单ＳＯ２６－１０４３８１呢", "SO26-104381"),
        (slot(SlotType.CODE, pattern="SO[0-9]{2}-[0-9]{6}"), "so26 104381", "SO26-104381"),
        (slot(SlotType.CODE, pattern="SO[0-9]{2}-[0-9]{6}"), "SO26-1043811", None),
        (slot(SlotType.INTEGER, min=1, max=9), "要 3 台", 3),
        (slot(SlotType.INTEGER, min=1, max=9), "12", None),
        (slot(SlotType.INTEGER), "1.5", None),
        (slot(SlotType.DATE), "2026年3月5日", "2026-03-05"),
        (slot(SlotType.DATE), "2026-02-30", None),
        (slot(SlotType.EMAIL), "发到 Li.Wei@Works.example 谢谢", "li.wei@works.example"),
        (slot(SlotType.EMAIL), "li at works", None),
        (slot(SlotType.PHONE), "电话 0512-5550-0136", "0512-5550-0136"),
        (slot(SlotType.TEXT, min=8), "太短", None),
        (slot(SlotType.TEXT, pattern="[A-Z]+"), "ABC", "ABC"),
        (INVOICE.slots[1], "要专用发票", "special"),
        (INVOICE.slots[1], "专票还是普票", None),
    ],
)  # fmt: skip
def test_a_value_is_read_as_people_write_it(made: Slot, text: str, value: Any) -> None:
    assert action_slots.read(made, text) == value


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("查|看 订单", "帮我查一下我的订单", True),
        ("查|看 订单", "订单怎么查", False),
        ("where_is order", "Where is my order?", True),
        ("where_is order", "somewhere is an order", False),
        ("order", "reorder", False),
        ("改 地址", "改密码。地址是什么", False),
    ],
)
def test_a_phrase_is_found_where_its_words_stand_in_order(phrase: str, text: str, found: bool) -> None:
    assert bool(phrase_rules.finds([phrase], text)) is found


# The OpenAPI document


def test_the_document_beside_the_order_system_is_what_it_says_about_itself() -> None:
    assert erp_app().openapi() == DOCUMENT


@pytest.mark.parametrize("number", ["../admin", "SO26-104381/..", "..", "", "SO26-104381?x=1", None])
def test_what_the_schema_does_not_allow_is_never_sent(number: str | None) -> None:
    called = action_openapi.operation(SYSTEM, "get_order")
    with pytest.raises(action_openapi.ArgumentsRefusedError):
        action_openapi.build(called, {"order_number": number, "company": "acme"}, None)


@given(st.text(min_size=1, max_size=60))
@settings(max_examples=200, deadline=None)
def test_a_value_stays_in_its_segment_of_the_path(text: str) -> None:
    free = {
        "openapi": "3.1.0",
        "paths": {
            "/a/{x}/b": {
                "get": {
                    "operationId": "op",
                    "parameters": [
                        {"name": "x", "in": "path", "required": True, "schema": {"type": "string"}}
                    ],
                }
            }
        },
    }
    called = action_openapi.operation(
        read_system({"slug": "s", "name": {"zh": "s", "en": "s"}, "openapi": free}), "op"
    )
    try:
        path = action_openapi.build(called, {"x": text}, None).path
    except action_openapi.ArgumentsRefusedError:
        assert text.strip(".") == ""
        return
    assert path.startswith("/a/") and path.endswith("/b") and path.count("/") == 3
    assert not set(path) & set("?# \\\n")


def test_a_body_is_checked_against_its_schema_and_what_is_empty_is_left_out() -> None:
    called = action_openapi.operation(SYSTEM, "change_delivery_address")
    body = resolve(ADDRESS.call.body, {"address": "5 High Street, Leeds"}, {"company": "acme"}, "a_1")
    made = action_openapi.build(called, {"order_number": "SO26-104381"}, body)
    assert (made.method, made.path, made.changes) == ("PUT", "/orders/SO26-104381/delivery-address", True)
    with pytest.raises(action_openapi.ArgumentsRefusedError):
        empty = resolve(ADDRESS.call.body, {"address": None}, {"company": "acme"}, "a_1")
        action_openapi.build(called, {"order_number": "SO26-104381"}, empty)


def broken(**change: Any) -> dict[str, Any]:
    action = {**WRITTEN["actions"][0], **change}
    return {**WRITTEN, "actions": [action]}


@pytest.mark.parametrize(
    "spec",
    [
        broken(call={"operation": "nothing"}),
        broken(call={"operation": "get_order", "parameters": {"order_number": "$slots.order"}}),
        broken(call={"operation": "get_order", "parameters": {"order_number": "$slots.order", "company": "$viewer.company", "x": 1}}),
        broken(call={"operation": "get_order", "parameters": {"order_number": "$slots.nothing", "company": "$viewer.company"}}),
        broken(call={"operation": "get_order", "parameters": {"order_number": "$viewer.secret", "company": "$viewer.company"}}),
        broken(call={"operation": "get_order", "parameters": {"order_number": "$slots.order", "company": "$viewer.company"}, "body": {}}),
        broken(who="nobody-knows"),
        broken(title={"zh": "只有中文"}),
        broken(confirm="maybe"),
        broken(refusals={404: {"slot": "nothing", "zh": "无", "en": "none"}}),
        {**WRITTEN, "base_url": "file:///etc/passwd"},
        {**WRITTEN, "slug": "Not A Slug"},
        {"slug": "x"},
    ],
)  # fmt: skip
def test_a_declaration_that_cannot_work_is_refused_when_it_is_loaded(spec: dict[str, Any]) -> None:
    with pytest.raises(BadActionError):
        made = read_system(spec)
        for action in made.actions:
            action_openapi.check_call(made, action)


def test_a_reply_leaves_out_what_the_answer_does_not_say() -> None:
    status = SYSTEM.actions[0]
    answer = {
        "order_number": "SO26-104381",
        "status": "shipped",
        "lines": [{"product": "A"}, {"product": "B"}],
        "tracking": None,
    }
    assert filled_in(status, answer, {}, "en") == "Order SO26-104381: **shipped**\n- Items: A, B"
    assert filled_in(status, {}, {}, "zh") is None


def test_the_example_folder_is_where_the_demo_looks_for_it() -> None:
    assert [path.parent.name for path in sorted(Path(EXAMPLE).glob("*/actions.yaml"))] == ["erp"]
