"""Audience rules: who may read an article.

A rule is a list of alternatives joined by commas; an alternative is one term or several joined by `+`
that must all hold. Terms: `public`, `signed-in`, `staff`, `tier:<name>`, `company:<slug>`,
`department:<name>`. Staff may read everything. Indexes store a chunk's canonical rule and filter by the
set of rules a viewer satisfies, so any rule this module can judge is filtered inside the index.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from foundation.access import Viewer
from kb.errors import AudienceRuleError

PUBLIC = "public"
_FLAGS = {"public", "signed-in", "staff"}
_NAMED = re.compile(r"(tier|company|department):[\w.\-]+")


def canonical(rule: str) -> str:
    """The one spelling of a rule: lower case, sorted, without what another alternative already allows.

    An empty rule is public. Raises AudienceRuleError for a term that is not known.
    """
    alternatives = {_terms(rule, part) for part in rule.split(",") if part.strip()}
    if not alternatives or frozenset({PUBLIC}) in alternatives:
        return PUBLIC
    minimal = {one for one in alternatives if not any(other < one for other in alternatives)}
    return ",".join(sorted("+".join(sorted(terms)) for terms in minimal))


def _terms(rule: str, alternative: str) -> frozenset[str]:
    terms = {term.strip().lower().replace("signed_in", "signed-in") for term in alternative.split("+")}
    for term in terms:
        if term not in _FLAGS and not _NAMED.fullmatch(term):
            raise AudienceRuleError(rule, term)
    return frozenset(terms - {PUBLIC} or {PUBLIC})


def may_read(viewer: Viewer, rule: str) -> bool:
    """Whether `viewer` satisfies a canonical rule."""
    if viewer.is_staff or rule == PUBLIC:
        return True
    held = _held(viewer)
    return any(held.issuperset(alternative.split("+")) for alternative in rule.split(","))


def readable(viewer: Viewer, rules: Iterable[str]) -> frozenset[str]:
    """Those of the canonical `rules` that `viewer` satisfies."""
    return frozenset(rule for rule in rules if may_read(viewer, rule))


def _held(viewer: Viewer) -> set[str]:
    held = {PUBLIC}
    if viewer.is_signed_in:
        held.add("signed-in")
    for kind, value in (
        ("tier", viewer.tier),
        ("company", viewer.company),
        ("department", viewer.department),
    ):
        if value:
            held.add(f"{kind}:{value.lower()}")
    return held
