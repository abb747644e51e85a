"""When the bot gives its place to a person without being asked twice.

Before an answer is looked for: the customer asks for a person, tells of danger, injury or law, files a
complaint, or a vendor's own rule says so. After it: the bot had no answer several times in a row, the customer
is angry for the second time, or their tier is promised that no bot stands in the way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select

from chatbot import phrase_rules, phrases
from chatbot.errors import BadActionError
from chatbot.handoff import Matter
from chatbot.tables import HandoffRuleTable
from chatbot.texts import say
from chatbot.types import Feedback, Turn, TurnKind, TurnRole
from chatbot.understand import Intent, intent_of
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession
from foundation.settings import get_settings
from ticketing import directory
from ticketing.types import Priority

_SHORT: Final = 40  # characters: in a longer text these words may be part of a question
_INJURY: Final = re.compile(
    r"(?:受|砸|烫|炸|压|划|电)伤(?!害?(?:等级|标准|如何|怎么))|有人(?:受伤|晕倒|倒下|死)|流血|骨折|送医|住院|人身伤害|伤亡"
    r"|\b(?:injur(?:ed|y|ies)|got hurt|is hurt|was hurt|bleeding|hospital(?:ised|ized)?|casualt(?:y|ies))\b",
    re.IGNORECASE,
)
_LEGAL: Final = re.compile(
    r"律师函?|起诉|打官司|上法院|仲裁|法律责任|赔偿损失|索赔|12315|市场监管局|工商局|消协"
    r"|\b(?:lawyers?|attorneys?|lawsuit|sue you|suing|legal action|take you to court|arbitration"
    r"|liabilit(?:y|ies) claim)\b",
    re.IGNORECASE,
)
_FILES_COMPLAINT: Final = re.compile(
    r"(?:我|要|来|想|正式)投诉|^投诉|投诉你们|\b(?:file|make|lodge|raise) (?:a |an )?(?:formal )?complaint\b",
    re.IGNORECASE,
)
_SOMEONE: Final = re.compile(
    r"人工|真人|客服|客户经理|工程师|负责人|专员|专属|回电|打给我|联系我"
    r"|\b(?:human|person|agent|someone|engineer|representative|account manager|call me|contact me|phone me)\b",
    re.IGNORECASE,
)


def before_answer(session: ReadSession, viewer: Viewer, turn: Turn) -> Matter | None:
    """Why a person is wanted at once, whatever the bot could say; None if the bot may try."""
    text, intent = turn.text, intent_of(turn.text)
    if intent is Intent.DANGER or _INJURY.search(text):
        return Matter(
            reason=text, trigger="risk", priority=Priority.URGENT, lead=say("danger_now", turn.lang)
        )
    if _LEGAL.search(text) and not phrases.asks(text):
        return Matter(
            reason=text, trigger="risk", priority=Priority.HIGH, lead=say("complaint_now", turn.lang)
        )
    if _FILES_COMPLAINT.search(text) and not phrases.asks(text):
        return Matter(
            reason=text, trigger="complaint", priority=Priority.HIGH, lead=say("complaint_now", turn.lang)
        )
    if intent is Intent.WANTS_PERSON:
        return Matter(reason=text, trigger="asked")
    ruled = _ruled(session, viewer, text)
    if ruled is not None:
        return ruled
    if bypasses(session, viewer) and len(text) <= _SHORT and _SOMEONE.search(text):
        return Matter(reason=text, trigger="bypass")
    return None


def after_answer(
    session: ReadSession, viewer: Viewer, turn: Turn, kind: TurnKind, before: Sequence[Turn]
) -> Matter | None:
    """Why this answer of `kind` is not given and a person takes over instead; `before` are the turns of the matter."""
    if kind is not TurnKind.ABSTAIN:
        return None
    is_angry = intent_of(turn.text) is Intent.COMPLAINT
    if bypasses(session, viewer):
        return Matter(reason=turn.text, trigger="bypass")
    earlier = [one for one in before if one.seq < turn.seq]
    if is_angry and _was_angry_or_failed(earlier):
        return Matter(
            reason=turn.text,
            trigger="complaint",
            priority=Priority.HIGH,
            lead=say("complaint_now", turn.lang),
        )
    most = get_settings().chatbot.handoff_after_failures
    if most and 1 + _failures(earlier) >= most:
        return Matter(reason=turn.text, trigger="failures", lead=say("failed_often", turn.lang))
    return None


def bypasses(session: ReadSession, viewer: Viewer) -> bool:
    """Whether the viewer's tier is promised that the bot never stands between them and a person."""
    if viewer.tier is None or viewer.is_staff:
        return False
    return any(tier.bot_bypass for tier in directory.tiers(session) if tier.slug == viewer.tier)


def _was_angry_or_failed(earlier: Sequence[Turn]) -> bool:
    angry = (one.role is TurnRole.USER and intent_of(one.text) is Intent.COMPLAINT for one in earlier)
    return any(angry) or _failures(earlier) > 0


def _failures(earlier: Sequence[Turn]) -> int:
    """How many of the bot's last answers in a row were none, or were said to be no help."""
    count = 0
    for turn in reversed(earlier):
        if turn.role is not TurnRole.ASSISTANT:
            continue
        if turn.kind is TurnKind.ABSTAIN or turn.feedback is Feedback.DOWN:
            count += 1
        elif turn.kind is not TurnKind.GREETING:
            break
    return count


# The vendor's own rules


def upsert_rules(session: WriteSession, specs: Sequence[Mapping[str, Any]]) -> None:
    """Make or update the vendor's rules, tried in this order.

    A rule is `{slug, phrases: {zh, en}, tiers, priority, kind}`; without tiers it holds for everybody. Raises
    BadActionError.
    """
    for position, spec in enumerate(specs):
        phrases_of = [one for lang in ("zh", "en") for one in (spec.get("phrases") or {}).get(lang) or ()]
        try:
            slug, _priority = str(spec["slug"]), Priority(spec.get("priority", "normal"))
        except (KeyError, ValueError) as error:
            raise BadActionError("handoff_rules", f"cannot be read: {error!r}") from error
        if not any(phrase_rules.is_phrase(one) for one in phrases_of):
            raise BadActionError("handoff_rules", f"{slug} has no phrase to look for")
        row = session.scalar(select(HandoffRuleTable).where(HandoffRuleTable.slug == slug))
        if row is None:
            row = HandoffRuleTable(slug=slug)
            session.add(row)
        row.position, row.spec = position, {**spec, "all_phrases": phrases_of}
        session.flush()


def _ruled(session: ReadSession, viewer: Viewer, text: str) -> Matter | None:
    statement = select(HandoffRuleTable).order_by(HandoffRuleTable.position, HandoffRuleTable.id)
    for row in session.scalars(statement):
        tiers = row.spec.get("tiers") or ()
        if (not tiers or viewer.tier in tiers) and phrase_rules.finds(row.spec["all_phrases"], text):
            return Matter(
                reason=text,
                trigger=f"rule:{row.slug}",
                priority=Priority(row.spec.get("priority", "normal")),
                kind=row.spec.get("kind"),
            )
    return None
