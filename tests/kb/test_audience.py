from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.access import ANONYMOUS, Role, Viewer
from kb import audience
from kb.errors import AudienceRuleError

VIP = Viewer(person_id=1, company="acme", tier="vip", department="rd")
STANDARD = Viewer(person_id=2, company="globex", tier="standard")
AGENT = Viewer(person_id=3, role=Role.AGENT)

terms = st.sampled_from(
    ["public", "signed-in", "staff", "tier:vip", "tier:gold", "company:acme", "department:rd"]
)
rules = st.lists(st.lists(terms, min_size=1, max_size=3).map("+".join), max_size=4).map(",".join)
viewers = st.sampled_from([ANONYMOUS, VIP, STANDARD, AGENT, Viewer(person_id=4)])


@pytest.mark.parametrize(
    ("rule", "readers"),
    [
        ("", {ANONYMOUS, VIP, STANDARD, AGENT}),
        ("public", {ANONYMOUS, VIP, STANDARD, AGENT}),
        ("signed-in", {VIP, STANDARD, AGENT}),
        ("tier:vip", {VIP, AGENT}),
        ("company:globex", {STANDARD, AGENT}),
        ("tier:vip,company:globex", {VIP, STANDARD, AGENT}),
        ("tier:vip+company:globex", {AGENT}),
        ("company:acme+department:rd", {VIP, AGENT}),
        ("staff", {AGENT}),
    ],
)
def test_a_rule_lets_in_exactly_those_it_names(rule: str, readers: set[Viewer]) -> None:
    made = audience.canonical(rule)
    assert {
        viewer for viewer in (ANONYMOUS, VIP, STANDARD, AGENT) if audience.may_read(viewer, made)
    } == readers


@given(rules)
def test_canonical_is_the_same_for_its_own_result(rule: str) -> None:
    assert audience.canonical(audience.canonical(rule)) == audience.canonical(rule)


@given(st.lists(st.lists(terms, min_size=1, max_size=3), max_size=4), viewers)
def test_canonical_keeps_the_meaning(alternatives: list[list[str]], viewer: Viewer) -> None:
    rule = ",".join("+".join(one) for one in alternatives)
    plain = not alternatives or any(
        all(audience.may_read(viewer, audience.canonical(term)) for term in one) for one in alternatives
    )
    assert audience.may_read(viewer, audience.canonical(rule)) == plain


@pytest.mark.parametrize("rule", ["everyone", "tier:", "tier:vip;drop", "company:a b", "public,nobody"])
def test_an_unknown_term_is_refused_by_name(rule: str) -> None:
    with pytest.raises(AudienceRuleError) as caught:
        audience.canonical(rule)
    assert caught.value.code == "bad_audience_rule"


@given(rules, viewers)
def test_a_rule_for_customers_never_hides_from_staff(rule: str, viewer: Viewer) -> None:
    if viewer.is_staff:
        assert audience.may_read(viewer, audience.canonical(rule))
