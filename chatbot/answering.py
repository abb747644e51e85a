"""The answer pipeline: understand → retrieve → decide → compose → cite, on a read session; then, with no
session open, an answer model may write and what it writes is verified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from chatbot import editions, repository, writing
from chatbot.choices import chosen_of
from chatbot.citations import cite
from chatbot.compose import quote
from chatbot.decide import Decision, Judged, Slot
from chatbot.errors import ConversationNotFoundError
from chatbot.follow_ups import exchanged, nearest_by
from chatbot.lookup import Looker, look_up, unknown_codes
from chatbot.named import name_of
from chatbot.parts import parts_of
from chatbot.replies import Asked, Reply, together
from chatbot.texts import say
from chatbot.types import Action, OnDelta, Turn, TurnKind, TurnRole
from chatbot.understand import Intent, Understood, understand, without_opening
from chatbot.untrusted import without_orders
from foundation.access import Viewer
from foundation.db import ReadSession
from retrieval.passages import current_embedder
from retrieval.types import Hit

_CALLED: Final = 0.99  # the turn is the very question of an article
_REMEMBERED: Final = 6  # earlier questions a follow-up may point back to
_SUGGEST_FROM: Final = 0.12  # confidence below which a near passage is no help


def asked_in(session: ReadSession, conversation_id: str, turn: Turn) -> Asked:
    """The question of a stored user turn. Raises ConversationNotFoundError."""
    row = repository.conversation(session, conversation_id)
    if row is None:
        raise ConversationNotFoundError(conversation_id)
    said = [
        one
        for one in repository.turns(session, conversation_id, after=row.boundary_seq)
        if one.seq < turn.seq
    ]
    before = [one.text for one in said if one.role is TurnRole.USER]
    return Asked(
        text=chosen_of(said, turn.text) or turn.text,
        lang=turn.lang,
        earlier=tuple(before[-_REMEMBERED:]),
        product=_product_in(row.context),
    )


def _product_in(context: dict[str, Any]) -> str | None:
    named = context.get("product")
    return named.strip()[:100] or None if isinstance(named, str) else None


def reply(session: ReadSession, viewer: Viewer, asked: Asked) -> Reply:
    """What the bot says to `asked`, resting only on what `viewer` may read."""
    understood = _understood(asked)
    match understood.intent:
        case Intent.GREETING:
            return Reply(kind=TurnKind.GREETING, text=say("greeting", asked.lang), lang=asked.lang)
        case Intent.THANKS:
            return Reply(kind=TurnKind.GREETING, text=say("thanks", asked.lang), lang=asked.lang)
        case Intent.WANTS_PERSON:
            text = say("abstain", asked.lang)
            return Reply(kind=TurnKind.HANDOFF, text=text, lang=asked.lang, wants_person=True)
        case Intent.COMPLAINT | Intent.DANGER as intent:
            text, offer = say(intent.value, asked.lang), (_offer(asked.lang),)
            return Reply(kind=TurnKind.ABSTAIN, text=text, lang=asked.lang, actions=offer)
    return _part_by_part(session, viewer, asked, _looked_up(session, viewer, asked, understood.queries))


def _understood(asked: Asked) -> Understood:
    def exchange(previous: str, new: str) -> str | None:
        return exchanged(previous, new, nearest_by(current_embedder()))

    return understand(
        asked.text, lang=asked.lang, earlier=asked.earlier, product=asked.product, exchange=exchange
    )


def _part_by_part(session: ReadSession, viewer: Viewer, asked: Asked, whole: Reply) -> Reply:
    """The reply to each question of a turn that asks several; to all of them at once where one article does that."""
    parts = parts_of(without_opening(asked.text))
    if len(parts) == 1 or (whole.kind is TurnKind.ANSWER and (whole.confidence or 0.0) >= _CALLED):
        return whole
    replies: list[Reply] = []
    for at, part in enumerate(parts):
        one = replace(asked, text=part, earlier=(*asked.earlier, *parts[:at]))
        replies.append(_looked_up(session, viewer, one, _understood(one).queries))
    answered = [one for one in replies if one.kind is TurnKind.ANSWER]
    if not answered:
        return whole
    if len({one.citations[0].article_id for one in answered}) == 1 and len(answered) == len(parts):
        return whole if whole.kind is TurnKind.ANSWER else answered[0]
    return together(asked, parts, replies)


def written(extractive: Reply, on_delta: OnDelta | None) -> Reply:
    """The reply in an answer model's words, if one is configured, in time and grounded; else as it is.

    Needs no session: a model may take seconds.
    """
    if extractive.draft is None:
        return extractive
    made = writing.write(extractive.draft, current_embedder(), on_delta)
    if made is None:
        return extractive
    text, citations = made
    return replace(extractive, text=text, citations=tuple(citations))


def _looked_up(session: ReadSession, viewer: Viewer, asked: Asked, queries: Sequence[str]) -> Reply:
    looker = Looker(viewer=viewer, lang=asked.lang, product=asked.product, earlier=asked.earlier)
    found = look_up(session, looker, queries)
    decision = found.decision
    if decision.choices:
        return _clarify(asked, found.query, decision)
    if decision.best is None:
        return _abstain(asked, decision, unknown_codes(session, viewer, decision.missing_codes))
    return _answer(asked, found.query, decision.best, decision.also)


def _answer(asked: Asked, query: str, best: Judged, also: Sequence[Judged]) -> Reply:
    hit = best.hit
    quoted = quote(query, without_orders(_body(hit)), kind=hit.kind, embedder=current_embedder())
    return Reply(
        kind=TurnKind.ANSWER,
        text=f"{_introduction(hit, asked.lang)}{quoted} [1]",
        lang=asked.lang,
        confidence=round(best.confidence, 4),
        citations=(cite(1, hit, quoted),),
        draft=writing.Draft(question=query, hits=(hit, *(one.hit for one in also)), lang=asked.lang),
        quoted=quoted,
    )


def _body(hit: Hit) -> str:
    """The passage without its own question or heading on the first line."""
    first, newline, rest = hit.text.partition("\n")
    is_head = first.strip().strip("#").strip() in {
        hit.title.strip(),
        hit.heading.rpartition(" › ")[2].strip(),
    }
    return rest if newline and rest.strip() and is_head else hit.text


def _introduction(hit: Hit, lang: str) -> str:
    if hit.lang != lang:
        return say("other_language", lang, title=name_of(hit)) + "\n"
    return say("source_of", lang, title=name_of(hit)) + "\n" if hit.kind != "faq" else ""


def _clarify(asked: Asked, query: str, decision: Decision) -> Reply:
    """Ask for what the answer depends on; a choice sends the question with it."""
    if decision.lacks is Slot.VERSION:
        names = [editions.of(one.hit) for one in decision.choices]
        labels = [("、" if asked.lang == "zh" else ", ").join(versions) for versions in names]
        values = [editions.chosen(query, versions[0], asked.lang) for versions in names]
    else:
        labels = [one.hit.product or "" for one in decision.choices]
        values = [f"{product} {query}" for product in labels]
    choices = (Action("choice", label, value) for label, value in zip(labels, values, strict=True))
    heading = "clarify_version" if decision.lacks is Slot.VERSION else "clarify"
    return Reply(
        kind=TurnKind.CLARIFY,
        text=_listed(say(heading, asked.lang), labels),
        lang=asked.lang,
        confidence=round(decision.confidence, 4),
        actions=(*choices, _offer(asked.lang)),
    )


def _abstain(asked: Asked, decision: Decision, unknown: Sequence[str]) -> Reply:
    text = say("abstain", asked.lang)
    if unknown:
        separator = "、" if asked.lang == "zh" else ", "
        text = say("abstain_code", asked.lang, codes=separator.join(unknown))
    near = () if unknown else _near(decision, asked.lang)
    if near:
        heading = say("perhaps" if len(near) == 1 else "perhaps_one_of", asked.lang)
        text = _listed(heading, [f"{name_of(hit)} [{n}]" for n, hit in enumerate(near, start=1)])
    choices = tuple(Action("choice", name_of(hit), name_of(hit)) for hit in near)
    return Reply(
        kind=TurnKind.ABSTAIN,
        text=text,
        lang=asked.lang,
        confidence=round(decision.confidence, 4),
        citations=tuple(cite(n, hit, without_orders(hit.text)) for n, hit in enumerate(near, start=1)),
        actions=(*choices, _offer(asked.lang)),
        gap=asked.text,
    )


def _near(decision: Decision, lang: str) -> tuple[Hit, ...]:
    """What may be meant although we are not sure, each once; asking for one by its name finds it."""
    hits = [one.hit for one in decision.near if one.confidence >= _SUGGEST_FROM and one.hit.lang == lang]
    return tuple({name_of(hit): hit for hit in reversed(hits)}.values())[::-1]


def _listed(heading: str, names: Sequence[str]) -> str:
    """The list stands in the text as well: a transcript shows no buttons."""
    return "\n".join((heading, *(f"- {name}" for name in names)))


def _offer(lang: str) -> Action:
    return Action("handoff", say("talk_to_person", lang), "handoff")
