"""Actions: what the bot does for a customer in the vendor's systems, in the middle of a conversation.

`act` is tried before the answer pipeline. It takes the turn when an action is under way or the customer
asks for one; otherwise it says so and the pipeline answers. Like a turn, an action runs in short
transactions with none open while the system is called; the row says who calls, so of several
confirmations one is carried out, and a turn sent again after a crash repeats the call under the same key.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Final

from chatbot import action_dialogue, action_runs, phrase_rules, repository
from chatbot.action_dialogue import RunState, Says
from chatbot.action_outcomes import Calls, Hearing, carry_out, facts_of, finish, leave_note, say
from chatbot.action_specs import LANGUAGES, ActionSpec, SlotType, System, resolve
from chatbot.action_texts import tell
from chatbot.errors import ConversationNotFoundError
from chatbot.tables import ActionRunTable
from chatbot.types import Action, ConversationState, Turn
from chatbot.understand import Intent, codes, detect_language, intent_of
from foundation import clock
from foundation.access import Viewer
from foundation.db import ReadSession, WriteSession, read_session, write_session
from kb.audience import may_read

_GIVEN_UP: Final = timedelta(seconds=60)  # a call nobody has come back from: its server died
_PERSON_FIRST: Final = {Intent.WANTS_PERSON, Intent.DANGER, Intent.COMPLAINT}
_HOW_TO: Final = re.compile(
    r"怎么|怎样|如何|能不能|能否|可不可以|可以.{0,12}[吗么]|多久|多长|多少|几[天个]|为什么|流程|什么条件|要什么"
    r"|\bhow (?:do|does|can|to|long|many|much)\b|\b(?:can|could|may) i\b|\bis it possible\b"
    r"|\bwhat (?:if|happens)\b|\bwhy\b",
    re.IGNORECASE,
)
_POLITE: Final = re.compile(r"帮我|请|麻烦|\bplease\b|\bcan you\b|\bcould you\b|\bwould you\b", re.IGNORECASE)

load_system = action_runs.upsert_system
systems = action_runs.systems


def act(viewer: Viewer, conversation_id: str, turn: Turn) -> list[Turn] | None:
    """Let an action hear a stored user turn; returns what was said, or None where none is concerned.

    The list is empty where somebody else owns the conversation or has answered. Raises
    ConversationNotFoundError.
    """
    with read_session() as session:
        if not _is_concerned(session, conversation_id, turn):
            return None
    with write_session() as session:
        taken = _take(session, viewer, conversation_id, turn)
    if not isinstance(taken, Calls):
        return taken
    outcome = carry_out(viewer, taken)
    with write_session() as session:
        said = finish(session, viewer, conversation_id, turn, taken, outcome)
    if said is None:
        leave_note(conversation_id, taken, outcome)
    return [said] if said else []


def _is_concerned(session: ReadSession, conversation_id: str, turn: Turn) -> bool:
    return action_runs.active(session, conversation_id) is not None or _wanted(session, turn.text) is not None


def _wanted(session: ReadSession, text: str) -> tuple[System, ActionSpec] | None:
    """The action a sentence asks to be done; none where it asks how things are done, or for a person."""
    found = matching(session, text)
    if found is None or intent_of(text) in _PERSON_FIRST:
        return None
    is_title = text.strip() in found[1].title.values()
    has_value = any(slot.type is SlotType.CODE for slot in found[1].slots) and bool(codes(text))
    asks_how = _HOW_TO.search(text) and not (_POLITE.search(text) or has_value)
    return found if is_title or not asks_how else None


def matching(session: ReadSession, text: str) -> tuple[System, ActionSpec] | None:
    """The action whose trigger covers most of a sentence."""
    best: tuple[int, System, ActionSpec] | None = None
    for system in action_runs.systems(session):
        for action in system.actions:
            titled = len(text) if text.strip() in action.title.values() else 0
            covered = max(titled, phrase_rules.finds(action.triggers, text))
            if covered and (best is None or covered > best[0]):
                best = covered, system, action
    return best[1:] if best else None


def offers(session: ReadSession, viewer: Viewer, turn: Turn) -> tuple[Action, ...]:
    """What could be done at once about a question on how it is done, for whoever may."""
    found = matching(session, turn.text)
    if found is None or not may_read(viewer, found[1].who) or viewer.is_staff:
        return ()
    title = found[1].title[_tongue(turn.lang)]
    return (Action("choice", tell("offer", turn.lang, title=title), title),)


def reminder(session: ReadSession, conversation_id: str) -> str:
    """What is still open in the action under way, to be said after another answer; else empty."""
    run = action_runs.active(session, conversation_id)
    found = action_runs.find(action_runs.systems(session), run) if run else None
    if run is None or found is None or run.state == RunState.CALLING:
        return ""
    return action_dialogue.reminder(found[1], action_runs.progress(run, run.lang))


# Hearing a turn


def _take(
    session: WriteSession, viewer: Viewer, conversation_id: str, turn: Turn
) -> list[Turn] | Calls | None:
    """Under the conversation's lock: what the turn does, once however often it is sent."""
    row = repository.lock(session, conversation_id)
    if row is None:
        raise ConversationNotFoundError(conversation_id)
    known = repository.answer_to(session, turn.id)
    if known is not None:
        return [repository.to_turn(known)]
    if row.state != ConversationState.BOT or turn.seq <= row.boundary_seq:
        return []
    hearing, wanted = Hearing(session, viewer, row, turn), _wanted(session, turn.text)
    run, found = _under_way(session, conversation_id)
    if run is None or found is None:
        return _start(hearing, wanted) if wanted else None
    return _go_on(hearing, run, found, wanted)


def _under_way(
    session: WriteSession, conversation_id: str
) -> tuple[ActionRunTable | None, tuple[System, ActionSpec] | None]:
    """The action under way; one left lying too long is over, but a call whose outcome is open never is."""
    run = action_runs.active(session, conversation_id)
    found = action_runs.find(action_runs.systems(session), run) if run else None
    if run is None or found is None:
        return None, None
    if run.state != RunState.CALLING and action_runs.is_expired(run, clock.now()):
        run.state = RunState.EXPIRED
        action_runs.record(session, run, "expired", None)
        return None, None
    return run, found


def _go_on(
    hearing: Hearing,
    run: ActionRunTable,
    found: tuple[System, ActionSpec],
    wanted: tuple[System, ActionSpec] | None,
) -> list[Turn] | Calls | None:
    turn = hearing.turn
    if run.state == RunState.CALLING:
        is_mine = run.turn_id == turn.id or run.updated_at < clock.now() - _GIVEN_UP
        if is_mine:
            run.turn_id, run.updated_at = turn.id, clock.now()
            return Calls(run.id, *found, dict(run.slots), run.lang)
    elif wanted is not None and wanted[1].name != run.action:
        over = replace(action_runs.progress(run, run.lang), state=RunState.CANCELLED)
        action_runs.advance(hearing.session, run, over, hearing.viewer, turn.id)
        return _start(hearing, wanted)
    if intent_of(turn.text) in _PERSON_FIRST:
        return None
    lang = _language(found[1], run, turn)
    return _said(
        hearing, run, found, action_dialogue.hear(found[1], action_runs.progress(run, lang), turn.text)
    )


def _start(hearing: Hearing, wanted: tuple[System, ActionSpec]) -> list[Turn] | Calls | None:
    system, action = wanted
    viewer, lang = hearing.viewer, _tongue(hearing.turn.lang)
    if not may_read(viewer, action.who) or viewer.is_staff or viewer.company is None:
        key = "not_allowed" if viewer.is_signed_in else "sign_in"
        offer = Action("handoff", tell("talk_to_person", lang), "handoff")
        return [say(hearing, tell(key, lang, title=action.title[lang]), lang, (offer,))]
    run = action_runs.begin(hearing.session, hearing.row.id, system, action, viewer)
    facts = facts_of(viewer)
    defaults = {slot.name: resolve(slot.default, {}, facts, run.id) for slot in action.slots if slot.default}
    given = {name: value for name, value in defaults.items() if value is not None}
    return _said(hearing, run, wanted, action_dialogue.begin(action, hearing.turn.text, given, lang))


def _said(
    hearing: Hearing, run: ActionRunTable, found: tuple[System, ActionSpec], says: Says
) -> list[Turn] | Calls | None:
    was_calling = run.state == RunState.CALLING
    if not was_calling:
        action_runs.advance(hearing.session, run, says.progress, hearing.viewer, hearing.turn.id)
    if says.is_for_pipeline:
        return None
    if says.progress.state is RunState.CALLING and not was_calling:
        return Calls(run.id, *found, dict(says.progress.slots), says.progress.lang)
    return [say(hearing, says.text, says.progress.lang, says.actions)]


def _language(action: ActionSpec, run: ActionRunTable, turn: Turn) -> str:
    """The language to answer in: the customer's, unless what they wrote is only a value."""
    slot = action.slot(run.asking)
    if slot is not None and slot.type is SlotType.TEXT:
        return run.lang
    return _tongue(detect_language(turn.text, fallback=run.lang))


def _tongue(lang: str) -> str:
    return lang if lang in LANGUAGES else LANGUAGES[0]
