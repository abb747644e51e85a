from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from foundation.db import WriteSession
from ticketing import forms
from ticketing.errors import BadFormError, FormInvalidError, FormNotFoundError

SAMPLES = sorted(Path(__file__).parents[2].glob("examples/*/forms/*.yaml"))


def both(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


def spec(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "slug": "f",
        "title": both("F"),
        "kind": "ticket",
        "fields": [{"label": both(one["name"]), **one} for one in fields],
    } | more


FORM = forms.read_form(
    spec(
        {
            "name": "what",
            "type": "select",
            "required": True,
            "options": [{"value": v, "label": v} for v in ("fault", "order")],
        },
        {
            "name": "code",
            "type": "text",
            "required": True,
            "pattern": "E-[0-9]{3}",
            "visible_when": {"what": "fault"},
        },
        {"name": "power", "type": "number", "min": 0.4, "max": 22, "unit": "kW"},
        {"name": "down", "type": "checkbox", "visible_when": {"what": ["fault"]}},
        {"name": "since", "type": "text", "required": True, "visible_when": {"down": True}},
        {"name": "mail", "type": "email", "required": True},
        {"name": "story", "type": "textarea"},
    )
)
GOOD = {"what": "order", "mail": "a@b.example"}


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({}, {}),
        ({"mail": None}, {"mail": "required"}),
        ({"mail": "  "}, {"mail": "required"}),
        ({"mail": "a@b"}, {"mail": "email"}),
        ({"mail": "a b@c.de"}, {"mail": "email"}),
        ({"what": "other"}, {"what": "option"}),
        ({"what": ["order"]}, {"what": "option"}),
        ({"what": "fault"}, {"code": "required"}),
        ({"what": "fault", "code": "E-20"}, {"code": "pattern"}),
        ({"what": "fault", "code": "E-2033"}, {"code": "pattern"}),
        ({"what": "fault", "code": "E-203"}, {}),
        ({"what": "fault", "code": 203}, {"code": "not_text"}),
        ({"code": "nonsense"}, {}),  # hidden, so not looked at
        ({"what": "fault", "code": "E-203", "down": True}, {"since": "required"}),
        ({"what": "order", "down": True}, {}),  # what depends on a hidden field is hidden too
        ({"power": 0.4}, {}),
        ({"power": "22"}, {}),
        ({"power": 0.3}, {"power": "min"}),
        ({"power": "22.1"}, {"power": "max"}),
        ({"power": "a lot"}, {"power": "number"}),
        ({"power": "nan"}, {"power": "number"}),
        ({"power": "inf"}, {"power": "number"}),
        ({"power": True}, {"power": "number"}),
        ({"what": "fault", "code": "E-203", "down": "yes"}, {"down": "checkbox"}),
        ({"story": "x" * 20_001}, {"story": "too_long"}),
        ({"unknown": "whatever"}, {}),
    ],
)
def test_each_rule_has_its_code(values: dict[str, Any], errors: dict[str, str]) -> None:
    found = forms.validate(FORM, GOOD | values)
    assert {name: error.code for name, error in found.items()} == errors
    assert all(error.message["zh"] and error.message["en"] for error in found.values())


json_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.lists(st.integers(), max_size=2),
    st.just({}),
)
names = st.sampled_from([one.name for one in FORM.fields] + ["other"])


@given(st.dictionaries(names, json_values))
def test_any_json_is_judged_and_only_visible_fields_are_accepted(values: dict[str, Any]) -> None:
    errors = forms.validate(FORM, values)
    shown = {one.name for one in forms.visible_fields(FORM, values)}
    assert set(errors) <= shown
    if errors:
        with pytest.raises(FormInvalidError):
            forms.accepted(FORM, values)
    else:
        assert set(forms.accepted(FORM, values)) <= shown


def test_a_greedy_pattern_cannot_hold_the_desk_up() -> None:
    form = forms.read_form(spec({"name": "a", "type": "text", "pattern": "[a-z0-9]*"}))
    assert forms.validate(form, {"a": "x" * 200}) == {}
    assert forms.validate(form, {"a": "x" * 201})["a"].code == "pattern"


def test_values_that_count_are_kept_without_the_empty_ones() -> None:
    assert forms.accepted(FORM, GOOD | {"power": "", "code": "E-203", "other": 1}) == GOOD
    with pytest.raises(FormInvalidError) as caught:
        forms.accepted(FORM, {"what": "order"})
    assert caught.value.fields()["errors_by_field"]["mail"]["code"] == "required"


@pytest.mark.parametrize(
    "bad",
    [
        {"slug": "f"},
        spec({"name": "a", "type": "colour"}),
        spec({"name": "a", "type": "text", "pattern": "("}),
        spec({"name": "a", "type": "text"}, {"name": "a", "type": "text"}),
        spec({"name": "a", "type": "select"}),
        spec({"name": "a", "type": "text", "visible_when": {"b": "x"}}, {"name": "b", "type": "text"}),
        spec({"name": "a", "type": "text"}, steps=[{"name": "s", "label": both("S"), "fields": []}]),
        spec({"name": "a", "type": "text"}, kind="poem"),
    ],
)
def test_a_form_that_contradicts_itself_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(BadFormError):
        forms.read_form(bad)


def test_forms_are_kept_and_found(session: WriteSession) -> None:
    forms.upsert_form(session, spec({"name": "a", "type": "text"}, title=both("Old")), 1)
    forms.upsert_form(session, spec({"name": "a", "type": "text"}, kind="configurator", slug="c"), 0)
    forms.upsert_form(session, spec({"name": "a", "type": "text"}), 1)
    assert [one.slug for one in forms.forms(session)] == ["c", "f"]
    assert [one.slug for one in forms.forms(session, kind=forms.FormKind.TICKET)] == ["f"]
    assert forms.form(session, "f").title == both("F")
    with pytest.raises(FormNotFoundError):
        forms.form(session, "x")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_sample_companys_forms_are_read(path: Path) -> None:
    made = forms.read_form(yaml.safe_load(path.read_text("utf-8")))
    assert made.slug == path.stem and made.fields
    assert all(one.label["zh"] and one.label["en"] for one in made.fields)
    empty = forms.validate(made, {})
    assert {error.code for error in empty.values()} <= {"required"}
