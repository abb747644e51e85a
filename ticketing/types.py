"""Values of tickets that cross the room's door."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from ticketing.directory_types import Words

if TYPE_CHECKING:
    from ticketing.link_types import Link
    from ticketing.workflow_types import TicketWay


class State(StrEnum):
    """The closed set of state types; a status is a vendor's own name over one of them."""

    NEW = "new"
    OPEN = "open"
    WAITING_CUSTOMER = "waiting_customer"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"
    MERGED = "merged"


class Priority(StrEnum):
    """How much depends on a ticket; a promise may differ by it."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Channel(StrEnum):
    """How a ticket came in."""

    WIDGET = "widget"
    FORM = "form"
    API = "api"


class Metric(StrEnum):
    """What a clock measures, in working time; from the opening of the ticket unless it says otherwise."""

    FIRST_RESPONSE = "first_response"  # until an agent's first public reply
    RESOLUTION = "resolution"  # until solved
    NEXT_RESPONSE = "next_response"  # from a customer's later message until an agent's next public reply
    STEP = "step"  # from entering a step of the workflow until leaving it; the workflow says how long that may take


class ClockState(StrEnum):
    """Whether a promise is still to be kept, rests, was kept or was broken."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"


class Promise(StrEnum):
    """How a ticket stands with what was promised."""

    ON_TIME = "on_time"
    SOON = "soon"  # little of the promised time is left: a quarter, unless the policy says otherwise
    BREACHED = "breached"
    MET = "met"


class MessageRole(StrEnum):
    """Who wrote a message of a ticket."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"


class Visibility(StrEnum):
    """Who sees a message."""

    PUBLIC = "public"
    INTERNAL = "internal"  # for staff only


class Order(StrEnum):
    """How lists are sorted; see ticketing.queue_order for the promise order."""

    PROMISE = "promise"
    NEWEST = "newest"
    UPDATED = "updated"


@dataclass(frozen=True)
class Status:
    """A named status over a state type."""

    slug: str
    name: Words
    type: State


@dataclass(frozen=True, kw_only=True)
class Clock:
    """One promise of one ticket, kept or not."""

    metric: Metric
    policy: str  # slug of the SLA policy it was planned by
    calendar: str  # slug
    target_minutes: int  # of working time
    started_at: datetime
    due_at: datetime  # while paused: when it would be due had it not been paused; it moves on with the pause
    warn_at: datetime  # from here little of the target is left; how little the policy says
    state: ClockState
    met_at: datetime | None  # when the promised thing happened, in time or late
    breached_at: datetime | None
    # Only a clock just computed knows these: whether `warn_at` has been reached, when each rung of the ladder
    # after a breach is or would be, and how many of them have been.
    is_warned: bool = field(default=False, compare=False)
    escalate_at: tuple[datetime, ...] = field(default=(), compare=False)
    rungs_reached: int = field(default=0, compare=False)


@dataclass(frozen=True, kw_only=True)
class QueueRouting:
    """Whether and how a queue's tickets are given to agents without anybody choosing."""

    is_automatic: bool = False  # else agents take their tickets themselves
    skills: tuple[str, ...] = ()  # wanted for every ticket of the queue, beside the ticket's product
    relax_after_minutes: int | None = (
        None  # of waiting; from then skills no longer count. None: they always do
    )
    fallback_team: str | None = None  # slug; helps out …
    fallback_after_minutes: int | None = None  # … once a ticket has waited so long. None: never
    ack_minutes: int | None = None  # to open a ticket one was given, before it goes on. None: it stays


@dataclass(frozen=True)
class Queue:
    """Where tickets of some kind wait for a team."""

    id: int
    slug: str
    name: Words
    position: int
    team: str | None
    tiers: tuple[str, ...] = ()  # conditions; an empty one means any
    languages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    routing: QueueRouting = QueueRouting()


@dataclass(frozen=True)
class QueueLoad:
    """A queue with what lies in it now."""

    queue: Queue
    waiting: int  # nobody has taken them yet
    open: int  # not solved, closed or merged
    breached: int  # open ones with a broken promise that is still unfulfilled


@dataclass(frozen=True)
class CompanyRef:
    slug: str
    name: Words


@dataclass(frozen=True)
class Requester:
    """Who asks; without an id it is someone we do not know, by the name and address they gave."""

    id: int | None
    name: str | None
    email: str | None


@dataclass(frozen=True)
class AgentRef:
    id: int  # the agent's id, not the person's
    name: str


@dataclass(frozen=True)
class LastMessage:
    role: MessageRole
    text: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of a ticket."""

    id: int
    ticket_id: int
    role: MessageRole
    visibility: Visibility
    text: str
    author_name: str | None
    author_id: int | None  # person
    client_id: str | None
    created_at: datetime
    citations: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class HistoryEntry:
    """What happened, when, by whom; entries are only ever added."""

    at: datetime
    actor: str | None  # a name; None for the house itself
    event: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class Tried:
    """An article the customer was shown before asking for a person."""

    article_id: int
    title: str


@dataclass(frozen=True)
class Handoff:
    """What the bot knew when it handed over."""

    reason: str | None = None
    page: str | None = None
    context: dict[str, Any] = field(default_factory=dict)
    trigger: str | None = (
        None  # why the bot gave up its place: asked, failures, risk, complaint, bypass, rule, action
    )
    summary: str = ""  # the matter in a few lines, for whoever takes it


@dataclass(frozen=True)
class FilledForm:
    slug: str
    values: dict[str, Any]
    version: int | None = None  # of the form; older tickets do not know it


@dataclass(frozen=True, kw_only=True)
class Survey:
    """The question after a resolution, with who is rated as it was at that moment."""

    id: int
    ticket_id: int
    asked_at: datetime
    agent_id: int | None
    agent_name: str | None
    team: str | None
    rating: int | None  # 1 to 5
    comment: str
    rated_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TicketSummary:
    """A ticket as lists show it."""

    id: int
    number: str  # "JD-000123"
    subject: str
    status: Status
    priority: Priority
    kind: str
    tier: str | None
    company: CompanyRef | None
    requester: Requester | None
    queue: Queue
    assignee: AgentRef | None
    language: str
    channel: Channel
    product: str | None
    created_at: datetime
    updated_at: datetime
    waiting_since: datetime | None  # the customer waits for a person since then
    clocks: tuple[Clock, ...]
    promise: Promise | None
    due_at: datetime | None  # the next promise that is not fulfilled
    version: int  # counts changes of state, priority, queue, tier and assignee
    last_message: LastMessage | None
    unread: bool  # the other side wrote something this viewer has not marked as read
    conversation_id: str | None

    @property
    def state(self) -> State:
        return self.status.type


@dataclass(frozen=True, kw_only=True)
class Ticket(TicketSummary):
    """A whole ticket. Customers get no internal message and of the history only what concerns them."""

    messages: tuple[Message, ...]
    form: FilledForm | None
    tried: tuple[Tried, ...]
    handoff: Handoff | None
    history: tuple[HistoryEntry, ...]
    allowed_states: tuple[Status, ...]
    survey: Survey | None
    merged_into: int | None
    way: TicketWay | None = None  # where it stands in its workflow, for those it has one
    links: tuple[Link, ...] = ()  # tickets that belong to it, as far as the viewer may see them

    def clock(self, metric: Metric) -> Clock | None:
        return next((clock for clock in self.clocks if clock.metric == metric), None)


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A message that came before the ticket: a turn of the conversation it grew from."""

    role: MessageRole
    text: str
    author_name: str | None = None
    client_id: str | None = None
    created_at: datetime | None = None  # None: now
    citations: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class NewTicket:
    """What opens a ticket. Company and tier are the requester's and cannot be claimed."""

    subject: str = ""  # empty: the first words of the body or of the customer's last message
    body: str = ""  # becomes the customer's first message, after `messages`
    language: str = "zh"
    channel: Channel = Channel.API
    kind: str = "general"  # queues and SLA policies match on it
    priority: Priority = Priority.NORMAL
    requester_id: int | None = None  # person; None: someone we do not know
    requester_name: str | None = None
    requester_email: str | None = None
    conversation_id: str | None = None  # one conversation opens one ticket, however often it is asked
    idempotency_key: str | None = None  # equal keys of one requester give one ticket
    product: str | None = None
    messages: tuple[NewMessage, ...] = ()
    form: FilledForm | None = None
    tried: tuple[Tried, ...] = ()
    handoff: Handoff | None = None
    impression_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class NewReply:
    """A message to add; the same `client_id` again gives the first message back."""

    text: str
    visibility: Visibility = Visibility.PUBLIC
    client_id: str | None = None
    citations: tuple[dict[str, Any], ...] = ()
    then: str | None = None  # agents: the status or state to move to with this reply
    version: int | None = None  # agents: refuse if the ticket has changed since


@dataclass(frozen=True, kw_only=True)
class TicketChange:
    """What to change; None leaves as it is."""

    state: str | None = None  # a state type or the slug of a status, which may be a step of its workflow
    priority: Priority | None = None
    queue: str | None = None  # slug


@dataclass(frozen=True, kw_only=True)
class TicketFilter:
    """Which tickets to list; None and empty mean any."""

    queue: str | None = None
    states: tuple[State, ...] = ()
    assignee: int | Literal["me", "none"] | None = None  # agent id
    company: str | None = None
    tier: str | None = None
    requester_id: int | None = None
    q: str | None = None  # words of the subject, the number, the requester's name or address


@dataclass(frozen=True)
class ExpectedWait:
    """An honest guess of how long a new ticket of a queue waits for a person."""

    minutes: int | None  # by the wall clock; None when there is nothing to judge by
    is_out_of_hours: bool
    next_working_at: datetime | None  # when the desk opens, if it is closed now
    time_zone: str = "UTC"  # of the desk's calendar
