/**
 * The API's shapes under the names the pages use, taken from schema.d.ts, which `make api` generates from
 * openapi.json. Only what OpenAPI cannot say stands here in full: the frames of the sockets.
 */
import type { components } from "./schema";

type Shapes = components["schemas"];

export type Lang = string;
export type Text2 = Shapes["WordsOut"];
export type List<T> = { items: T[]; total?: number };
/** An error, with whatever further members tell the caller how to react. */
export type Problem = {
  [member in "title" | "code"]: string;
} & { status: number; type?: string; detail?: string; errors?: { loc: (string | number)[]; msg: string }[]; [field: string]: unknown };

export type Role = Shapes["Role"];
export type Person = Shapes["PersonOut"];
export type Me = Shapes["MeOut"];
export type DemoLogin = Shapes["DemoLoginOut"];
export type DemoLogins = Shapes["DemoLoginsOut"];

export type ArticleKind = Shapes["ArticleKind"];
export type Locator = Shapes["LocatorOut"];
export type Hit = Shapes["HitOut"];
export type SearchIn = Pick<Shapes["SearchIn"], "query"> & Partial<Shapes["SearchIn"]>;
export type SearchOut = Shapes["SearchOut"];
export type ArticleSummary = Shapes["ArticleRow"];
export type Chunk = Shapes["ChunkOut"];
export type Article = Shapes["ArticleOut"];
export type Collection = Shapes["CollectionOut"];
export type GlossaryTerm = Shapes["TermOut"];
export type GapState = Shapes["GapState"];
export type Gap = Shapes["GapOut"];

export type SuggestionsIn = Pick<Shapes["ContextIn"], "page"> & Partial<Shapes["ContextIn"]>;
export type Suggestion = Shapes["SuggestionOut"];
export type SuggestionsOut = Shapes["SuggestionsOut"];

export type JobFile = Shapes["FileOut"];
export type Job = Shapes["JobOut"];

export type Citation = Shapes["CitationOut"];
export type TurnAction = Shapes["ActionOut"];
export type TurnKind = Shapes["TurnKind"];
export type Turn = Shapes["TurnOut"];
export type ConversationState = Shapes["ConversationState"];
export type Conversation = Shapes["ConversationOut"];
export type PageContext = { product?: string | null; fields?: Record<string, unknown>; [key: string]: unknown };

export type ClientFrame =
  | { type: "turn"; client_id: string; text: string; page?: string; context?: PageContext }
  | { type: "handoff"; client_id: string }
  | { type: "typing" }
  | { type: "rating"; rating: number; comment?: string }
  | { type: "ping" };
export type ServerFrame =
  | { type: "hello"; conversation: Conversation }
  | { type: "turn"; turn: Turn }
  | { type: "delta"; client_id: string; text: string }
  | { type: "ack"; client_id: string; turn_id: string; seq: number }
  | { type: "conversation"; conversation: Omit<Conversation, "turns"> & { turns?: Turn[] } }
  | { type: "typing"; role: "agent" }
  | { type: "error"; code: string; detail: string; client_id?: string | null }
  | { type: "pong" };
export type AgentFrame =
  | { type: "ticket"; event: "created" | "updated" | "turn" | "breach"; ticket: TicketSummary; ticket_id?: number }
  | { type: "job"; job: Job }
  | { type: "typing"; ticket_id: number }
  | { type: "pong" };

export type TicketStateType = Shapes["State"];
export type Priority = Shapes["Priority"];
export type PromiseState = Shapes["TicketSummaryOut"]["promise"];
export type TicketState = Shapes["StateOut"];
export type Clock = Shapes["ClockOut"];
export type TicketSummary = Shapes["TicketSummaryOut"];
export type TicketMessage = Shapes["MessageOut"];
export type Ticket = Shapes["TicketOut"];
export type OpenedTicket = Shapes["OpenedOut"];
export type TicketIn = Partial<Shapes["TicketIn"]>;
export type Draft = Shapes["DraftOut"];
export type Queue = Shapes["QueueOut"];

export type FormField = Shapes["FieldOut"];
export type FormStep = Shapes["StepOut"];
export type Form = Shapes["FormOut"];
export type FormErrors = Shapes["CheckOut"]["errors"];
export type FormCheck = Shapes["CheckOut"];

export type Overview = Shapes["OverviewOut"];

export type Workflow = Shapes["WorkflowOut"];
export type WorkflowSpec = Shapes["WorkflowSpec"];
export type WorkflowStep = Shapes["WorkflowStep"];
export type WorkflowMove = Shapes["Move"];
export type WorkflowTemplate = Shapes["TemplateOut"];
/** A field as it is written; `FormField` is the same as forms show it. */
export type WrittenField = Shapes["Field"];
export type WrittenForm = Shapes["Form"];
export type KeptForm = Shapes["KeptFormOut"];
