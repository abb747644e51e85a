import type { Form, Ticket, TicketIn, TicketSummary } from "@jieda/api-client";
import { pickText, type Locale } from "@jieda/ui";

/** A filled form as a ticket. Subject and body come from the form's own fields; where it has none, from its title. */
export function ticketFrom(form: Form, values: Record<string, unknown>, locale: Locale): TicketIn {
  const texts = form.fields.filter((field) => field.type === "textarea");
  const body = texts.map((field) => values[field.name]).find((value) => typeof value === "string" && value.trim());
  const email = form.fields.find((field) => field.type === "email")?.name;
  const address = email ? values[email] : undefined;
  return {
    form: form.slug,
    values,
    subject: String(values.subject ?? "") || pickText(form.title, locale),
    body: String(body ?? "") || pickText(form.title, locale),
    locale,
    ...(address ? { email: String(address) } : {}),
  };
}

export type Progress = { steps: ("progress_new" | "progress_open" | "progress_waiting" | "progress_hold" | "progress_solved" | "progress_closed")[]; at: number };

/** The way of a ticket as a customer follows it; the middle step names what it waits for. */
export function progressOf(ticket: Pick<TicketSummary, "state">): Progress {
  const middle = { waiting_customer: "progress_waiting", on_hold: "progress_hold" } as const;
  const last = ticket.state.type === "closed" || ticket.state.type === "merged" ? "progress_closed" : "progress_solved";
  const type = ticket.state.type;
  const step = type === "waiting_customer" || type === "on_hold" ? middle[type] : "progress_open";
  const at = type === "new" ? 0 : ["solved", "closed", "merged"].includes(type) ? 2 : 1;
  return { steps: ["progress_new", step, last], at };
}

export type Mark = { name: string; state: "done" | "current" | "todo" | "stopped"; at: string | null };

/** The marks of the progress line: those of the ticket's workflow, or the three every ticket has. */
export function marksOf(ticket: Pick<Ticket, "state" | "way">, t: (key: Progress["steps"][number]) => string, pick: (words: { zh: string; en: string }) => string): Mark[] {
  if (ticket.way?.progress.length) return ticket.way.progress.map((mark) => ({ name: pick(mark.name), state: mark.state, at: mark.at }));
  const { steps, at } = progressOf(ticket);
  const last = steps.length - 1;
  return steps.map((step, index) => ({ name: t(step), state: index < at || (index === last && at === last) ? "done" : index === at ? "current" : "todo", at: null }));
}

export function isOpen(ticket: Pick<TicketSummary, "state">): boolean {
  return !["solved", "closed", "merged"].includes(ticket.state.type);
}

/** The forms a ticket can be opened with. What is about a product comes first: most customers come with a fault. */
export function ticketForms(forms: Form[]): Form[] {
  const aboutProduct = (form: Form) => form.product !== null || form.fields.some((field) => field.name === "product");
  return forms.filter((form) => form.kind === "ticket").sort((one, other) => Number(aboutProduct(other)) - Number(aboutProduct(one)));
}
