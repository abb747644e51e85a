"""Carrying an action out, and telling what came of it: done, refused, failed, or nobody knows."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chatbot import action_calls, action_dialogue, action_openapi, action_runs, handoff, repository, turns
from chatbot.action_calls import Outcome, OutcomeKind
from chatbot.action_dialogue import RunState
from chatbot.action_reply import filled_in
from chatbot.action_specs import ActionSpec, Refusal, System, resolve
from chatbot.action_texts import tell
from chatbot.errors import ConversationNotFoundError
from chatbot.tables import ActionRunTable, ConversationTable
from chatbot.types import Action, ConversationState, Turn, TurnKind, TurnRole
from foundation.access import Viewer
from foundation.db import WriteSession, write_session
from foundation.settings import get_settings
from ticketing import service as ticketing
from ticketing.errors import TicketClosedError
from ticketing.types import FilledForm, MessageRole, NewMessage, Visibility


@dataclass(frozen=True)
class Hearing:
    """A user's turn being heard, with its conversation locked."""

    session: WriteSession
    viewer: Viewer
    row: ConversationTable
    turn: Turn


@dataclass(frozen=True)
class Calls:
    """A call that is ours to make."""

    run_id: str
    system: System
    action: ActionSpec
    slots: Mapping[str, Any]
    lang: str


def say(hearing: Hearing, text: str, lang: str, actions: tuple[Action, ...] = ()) -> Turn:
    """Add the bot's turn that answers the user's."""
    new = turns.NewTurn(
        role=TurnRole.ASSISTANT,
        kind=TurnKind.ACTION,
        text=text,
        lang=lang,
        answers=hearing.turn.id,
        actions=actions,
    )
    return turns.append(hearing.session, hearing.row, new)


def facts_of(viewer: Viewer) -> dict[str, Any]:
    """Who the customer is, from the session and nothing they wrote: they act for their own company only."""
    return {
        "company": viewer.company,
        "email": viewer.email,
        "name": viewer.name,
        "person_id": viewer.person_id,
    }


def carry_out(viewer: Viewer, made: Calls) -> Outcome:
    """Make the call; no transaction is open."""
    called = action_openapi.operation(made.system, made.action.call.operation)
    facts, slots = facts_of(viewer), dict(made.slots)
    parameters = resolve(made.action.call.parameters, slots, facts, made.run_id)
    body = resolve(made.action.call.body, slots, facts, made.run_id)
    try:
        request = action_openapi.build(called, parameters, body)
    except action_openapi.ArgumentsRefusedError as error:
        return Outcome(kind=OutcomeKind.NOT_DONE, reason=str(error))
    return action_calls.call(made.system, called, request, key=made.run_id)


def finish(
    session: WriteSession, viewer: Viewer, conversation_id: str, turn: Turn, made: Calls, outcome: Outcome
) -> Turn | None:
    """Tell the outcome, once; None if a person owns the conversation by now, or another has told it."""
    row = repository.lock(session, conversation_id)
    if row is None:
        raise ConversationNotFoundError(conversation_id)
    known = repository.answer_to(session, turn.id)
    if known is not None:
        return repository.to_turn(known)
    run = action_runs.active(session, conversation_id)
    if run is None or run.id != made.run_id or run.state != RunState.CALLING:
        return None
    detail = {"outcome": str(outcome.kind), "status": outcome.status, "reason": outcome.reason}
    action_runs.record(session, run, "called", viewer, **detail)
    hearing = Hearing(session, viewer, row, turn)
    text = _done_text(made, outcome)
    if row.state != ConversationState.BOT or turn.seq <= row.boundary_seq:
        _end(hearing, run, RunState.DONE if text else RunState.FAILED)
        return None
    if text is not None:
        _end(hearing, run, RunState.DONE)
        return say(hearing, text, made.lang)
    return _not_done(hearing, run, made, outcome)


def _done_text(made: Calls, outcome: Outcome) -> str | None:
    if outcome.kind is not OutcomeKind.DONE:
        return None
    return filled_in(made.action, outcome.answer, made.slots, made.lang)


def _end(hearing: Hearing, run: ActionRunTable, state: RunState) -> None:
    after = replace(action_runs.progress(run, run.lang), state=state, asking=None)
    action_runs.advance(hearing.session, run, after, hearing.viewer, hearing.turn.id)


def _not_done(hearing: Hearing, run: ActionRunTable, made: Calls, outcome: Outcome) -> Turn | None:
    """The system said no: tell why, and ask again for what may be wrong. It failed: a person takes over."""
    refusal = made.action.refusals.get(outcome.status or 0) if outcome.kind is OutcomeKind.REFUSED else None
    lang = made.lang
    tries = action_runs.calls(hearing.session, run.id)
    if refusal is None or (refusal.slot and tries > get_settings().chatbot.max_action_retries):
        return _give_up(hearing, run, made, outcome, refusal)
    if refusal.slot is not None:
        says = action_dialogue.ask_again(
            made.action, action_runs.progress(run, lang), refusal.slot, refusal.text[lang]
        )
        action_runs.advance(hearing.session, run, says.progress, hearing.viewer, hearing.turn.id)
        return say(hearing, says.text, lang, says.actions)
    _end(hearing, run, RunState.FAILED)
    offer = Action("handoff", tell("talk_to_person", lang), "handoff")
    return say(hearing, refusal.text[lang], lang, (offer,))


def _give_up(
    hearing: Hearing, run: ActionRunTable, made: Calls, outcome: Outcome, refusal: Refusal | None
) -> Turn | None:
    lang, title = made.lang, made.action.title[made.lang]
    key = "unknown" if outcome.kind in {OutcomeKind.UNKNOWN, OutcomeKind.DONE} else "not_done"
    _end(hearing, run, RunState.FAILED)
    status = f" ({outcome.status})" if outcome.status else ""
    matter = handoff.Matter(
        reason=f"{title}: {outcome.kind}{status}",
        trigger="action",
        lead=refusal.text[lang] if refusal else tell(key, lang, system=made.system.name[lang], title=title),
        kind=made.action.ticket_kind,
        form=FilledForm(made.action.name, dict(made.slots)),
    )
    return handoff.hand_off(
        hearing.session, hearing.row, hearing.viewer, answers=hearing.turn.id, matter=matter
    )


def leave_note(conversation_id: str, made: Calls, outcome: Outcome) -> None:
    """A person has taken over while the system was working: they, not the customer, are told how it ended."""
    text = _done_text(made, outcome) or f"{made.action.title[made.lang]}: {outcome.kind}"
    note = NewMessage(role=MessageRole.SYSTEM, text=text, client_id=f"action:{made.run_id}")
    with contextlib.suppress(TicketClosedError), write_session() as session:
        row = repository.conversation(session, conversation_id)
        if row is not None and row.ticket_id is not None:
            ticketing.add_message(session, row.ticket_id, note, visibility=Visibility.INTERNAL)
