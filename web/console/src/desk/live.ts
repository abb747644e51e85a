import { StaySocket, socketUrl, type AgentFrame, type Job, type SocketState, type TicketSummary } from "@jieda/api-client";
import { ref } from "vue";

const POLICY_VIOLATION = 1008; // not an agent: trying again would not help

export const lineState = ref<SocketState>("closed");

type TicketEvent = (event: "created" | "updated" | "turn" | "breach", ticket: TicketSummary) => void;
type Hearers = {
  ticket: TicketEvent;
  /** A ticket changed, but the frame does not carry it. */
  news: (ticketId: string) => void;
  typing: (ticketId: string) => void;
  /** An agent came, left or is away. */
  presence: () => void;
  gap: () => void;
};

const jobHearers = new Set<(job: Job) => void>();
let socket: StaySocket | null = null;

/** Hears about every import; call the result to stop. */
export function onJob(hear: (job: Job) => void): () => void {
  jobHearers.add(hear);
  return () => jobHearers.delete(hear);
}

/** Opens the line to the desk. After every lost line `gap` is told, because frames sent meanwhile are gone. */
export function goLive(hearers: Hearers): void {
  if (socket) return;
  let wasOpen = false;
  socket = new StaySocket({
    url: () => socketUrl("", "/ws/agent"),
    onFrame: (frame) => hear(frame as AgentFrame, hearers),
    onState: (state) => {
      lineState.value = state;
      if (state !== "open") return;
      if (wasOpen) hearers.gap();
      wasOpen = true;
    },
    fatal: (code) => code === POLICY_VIOLATION,
  });
  socket.start();
}

export function goSilent(): void {
  socket?.stop();
  socket = null;
}

export function tellTyping(ticketId: string | number): void {
  socket?.send({ type: "typing", ticket_id: ticketId });
}

function hear(frame: AgentFrame, hearers: Hearers): void {
  if (frame.type === "ticket") hearTicket(frame, hearers);
  else if (frame.type === "typing") hearers.typing(String(frame.ticket_id));
  else if (frame.type === undefined && (frame as { event?: string }).event === "presence") hearers.presence();
  else if (frame.type === "job") jobHearers.forEach((tell) => tell(frame.job));
}

function hearTicket(frame: Extract<AgentFrame, { type: "ticket" }>, hearers: Hearers): void {
  if (frame.ticket) hearers.ticket(frame.event, frame.ticket);
  else if (frame.ticket_id !== undefined) hearers.news(String(frame.ticket_id));
}
