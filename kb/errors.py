"""What the knowledge base refuses."""

from __future__ import annotations

from foundation.errors import InvalidInputError, NotFoundError


class AudienceRuleError(InvalidInputError):
    """The audience rule cannot be read; nothing is published under a rule nobody understands."""

    code = "bad_audience_rule"

    def __init__(self, rule: str, term: str) -> None:
        super().__init__(
            f"audience rule {rule!r}: {term!r} is none of public, signed-in, staff, tier:<name>, "
            "company:<slug>, department:<name>"
        )
        self.rule = rule
        self.term = term


class ArticleNotFoundError(NotFoundError):
    """No such article, or this viewer may not read it; the two look the same on purpose."""

    code = "article_not_found"

    def __init__(self, article_id: int) -> None:
        super().__init__(f"there is no article {article_id}")
        self.article_id = article_id


class TermNotFoundError(NotFoundError):
    """No such glossary term."""

    code = "term_not_found"

    def __init__(self, term_id: int) -> None:
        super().__init__(f"there is no glossary term {term_id}")
        self.term_id = term_id


class GapNotFoundError(NotFoundError):
    """No such gap."""

    code = "gap_not_found"

    def __init__(self, gap_id: int) -> None:
        super().__init__(f"there is no gap {gap_id}")
        self.gap_id = gap_id
