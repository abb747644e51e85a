import type { ServerResponse } from "node:http";
import type { Ticket, TicketStateType } from "@jieda/api-client";
import { byPromise } from "../src/desk/order.ts";
import { agents, citations, companies, message, minutes, people, policies, queueLoads, queueRef, state } from "./data.ts";
import { article, articles, collections, gaps, glossary, jobs, search, startJob } from "./knowledge.ts";
import { arrive, tickets } from "./tickets.ts";

export class Refusal extends Error {
  constructor(readonly status: number, readonly code: string, readonly fields: Record<string, unknown> = {}) {
    super(code);
  }
}

type Body = Record<string, unknown>;
type Call = { params: string[]; query: URLSearchParams; body: Body; response: ServerResponse; broadcast: (frame: object) => void };
type Route = [method: string, pattern: RegExp, handle: (call: Call) => unknown];

const LOGINS = [
  { email: "tao.ran@yanling.example", password: "demo-agent", label: { zh: "坐席 · 陶然", en: "Agent · Tao Ran" }, kind: "agent" },
  { email: "su.jia@yanling.example", password: "demo-editor", label: { zh: "内容编辑 · 苏佳", en: "Editor · Su Jia" }, kind: "editor" },
  { email: "qin.lan@yanling.example", password: "demo-manager", label: { zh: "服务经理 · 秦岚", en: "Manager · Qin Lan" }, kind: "manager" },
];
let signedInAs: string | null = null;

function me() {
  const agent = agents.find((one) => one.email === signedInAs);
  if (!agent) return { signed_in: false, person: null, csrf_token: "mock" };
  return { signed_in: true, csrf_token: "mock", person: { ...agent, agent_id: agent.id, locale: "zh", company: null, tier: null } };
}

function ticketAt(id: string | undefined): Ticket {
  const found = tickets.find((one) => String(one.id) === id);
  if (!found) throw new Refusal(404, "ticket_not_found");
  return found;
}

function change({ params, body, broadcast }: Call, event: string, apply: (ticket: Ticket) => void): Ticket {
  const ticket = ticketAt(params[0]);
  if (typeof body.version === "number" && body.version !== ticket.version) throw new Refusal(409, "version_conflict", { version: ticket.version });
  apply(ticket);
  Object.assign(ticket, { version: ticket.version + 1, updated_at: minutes(0) });
  ticket.history.push({ at: minutes(0), actor: me().person?.name ?? null, event, detail: {} });
  setTimeout(() => broadcast({ type: "ticket", event: "updated", ticket }), 50);
  return { ...ticket };
}

function claim(ticket: Ticket): void {
  if (ticket.assignee) throw new Refusal(409, "ticket_taken", { assignee: ticket.assignee });
  if (String(ticket.number).endsWith("5")) ticket.assignee = { id: 2, name: "Ingrid Tse" }; // so that the conflict can be seen
  if (ticket.assignee) throw new Refusal(409, "ticket_taken", { assignee: ticket.assignee });
  ticket.assignee = { id: me().person?.id ?? 1, name: me().person?.name ?? "" };
}

function reply(ticket: Ticket, body: Body): void {
  const sent = message("agent", String(body.text), 0, { visibility: body.visibility as "public", author: me().person?.name ?? null });
  ticket.messages = [...ticket.messages, sent];
  ticket.last_message = { role: "agent", text: sent.text, created_at: sent.created_at };
  if (sent.visibility === "internal") return;
  Object.assign(ticket, { state: state("waiting_customer"), unread: false });
  ticket.clocks = ticket.clocks.map((clock) => (clock.metric === "first_response" ? { ...clock, state: "met", met_at: minutes(0) } : clock));
}

function listTickets({ query }: Call) {
  const q = query.get("q")?.toLowerCase();
  const states = query.getAll("state");
  const mine = me().person?.id;
  const assignee = query.get("assignee");
  const items = tickets
    .filter((one) => !states.length || states.includes(one.state.type))
    .filter((one) => !query.get("queue") || one.queue.slug === query.get("queue"))
    .filter((one) => !query.get("requester") || String(one.requester?.id) === query.get("requester"))
    .filter((one) => (assignee === "me" ? one.assignee?.id === mine : assignee !== "none" || !one.assignee))
    .filter((one) => !q || JSON.stringify([one.subject, one.number, one.requester]).toLowerCase().includes(q))
    .sort((one, other) => byPromise(one, other));
  return { items, total: items.length };
}

function listArticles({ query }: Call) {
  const wanted = query.get("state") ?? "live";
  const items = articles
    .filter((one) => wanted === "all" || one.state === wanted)
    .filter((one) => ["kind", "lang", "collection"].every((key) => !query.get(key) || one[key as "kind"] === query.get(key)))
    .filter((one) => one.title.toLowerCase().includes((query.get("q") ?? "").toLowerCase()));
  return { items, total: items.length };
}

function jobEvents({ params, response }: Call): "streaming" {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  const timer = setInterval(() => {
    const job = jobs.find((one) => String(one.id) === params[0]);
    response.write(`event: progress\ndata: ${JSON.stringify(job)}\n\n`);
    if (job?.state === "running") return;
    clearInterval(timer);
    response.end(`event: done\ndata: ${JSON.stringify(job)}\n\n`);
  }, 300);
  return "streaming";
}

const list = (items: unknown[]) => ({ items, total: items.length });
const retire = (id: string | undefined, next: string) => articles.filter((one) => String(one.id) === id).forEach((one) => (one.state = next));

export const routes: Route[] = [
  ["GET", /^\/auth\/me$/, me],
  ["POST", /^\/auth\/login$/, ({ body }) => {
    if (!LOGINS.some((one) => one.email === body.email && one.password === body.password)) throw new Refusal(401, "wrong_login");
    signedInAs = String(body.email);
    return me();
  }],
  ["POST", /^\/auth\/logout$/, () => void (signedInAs = null)],
  ["GET", /^\/demo\/logins$/, () => list(LOGINS)],
  ["GET", /^\/queues$/, () => list(queueLoads(tickets))],
  ["GET", /^\/tickets$/, listTickets],
  ["GET", /^\/tickets\/(\d+)$/, ({ params }) => ({ ...ticketAt(params[0]) })],
  ["POST", /^\/tickets\/(\d+)\/read$/, ({ params }) => void (ticketAt(params[0]).unread = false)],
  ["POST", /^\/tickets\/(\d+)\/claim$/, (call) => change(call, "claimed", claim)],
  ["POST", /^\/tickets\/(\d+)\/assign$/, (call) => change(call, "assigned", (one) => (one.assignee = agents.find(({ id }) => id === call.body.agent_id) ?? null))],
  ["PATCH", /^\/tickets\/(\d+)$/, (call) => change(call, "state_changed", (one) => {
    const { state: slug, priority, queue } = call.body as { state?: TicketStateType; priority?: "low"; queue?: string };
    Object.assign(one, slug && { state: state(slug) }, priority && { priority }, queue && { queue: queueRef(queue) });
  })],
  ["POST", /^\/tickets\/(\d+)\/resolve$/, (call) => change(call, "resolved", (one) => Object.assign(one, { state: state("solved"), promise: "met", survey: { rating: null, comment: null } }))],
  ["POST", /^\/tickets\/(\d+)\/give-back$/, (call) => change(call, "given_back", (one) => Object.assign(one, { state: state("solved"), promise: "met" }))],
  ["POST", /^\/tickets\/(\d+)\/replies$/, (call) => change(call, "replied", (one) => reply(one, call.body))],
  ["POST", /^\/tickets\/(\d+)\/draft$/, async ({ params }) => {
    await new Promise((done) => setTimeout(done, 600));
    if (params[0] === "5") return { kind: "handoff", text: "", confidence: 0.1, citations: [] };
    return { kind: "answer", text: "您好！E-203 表示恒速运行中过电流。空载正常、绝缘良好时，请把失速电流 P4-03 从 160 % 调到 140 %，并检查叶轮是否卡滞。", confidence: 0.86, citations };
  }],
  ["GET", /^\/forms\/technical-request$/, () => ({ slug: "technical-request", title: { zh: "技术支持", en: "Technical request" }, kind: "ticket", product: null, steps: [], fields: [
    { name: "error_code", label: { zh: "故障代码", en: "Error code" }, options: [] },
    { name: "request", label: { zh: "您需要什么？", en: "What do you need?" }, options: [{ value: "fault", label: { zh: "设备报警或故障", en: "A device shows a fault" } }] },
  ] })],
  ["GET", /^\/forms$/, () => list([])],
  ["GET", /^\/agents$/, () => list(agents)],
  ["PATCH", /^\/agents\/me$/, ({ body }) => Object.assign(agents.find((one) => one.email === signedInAs) ?? {}, body)],
  ["GET", /^\/teams$/, () => list([{ slug: "key-accounts", name: { zh: "大客户组", en: "Key accounts" } }, { slug: "customer-care", name: { zh: "客服组", en: "Customer care" } }])],
  ["GET", /^\/companies$/, () => list(companies)],
  ["GET", /^\/people$/, () => list(people)],
  ["GET", /^\/sla-policies$/, () => list(policies)],
  ["GET", /^\/reports\/overview$/, () => ({ tickets: { open: 5, waiting: 4, breached: 1, solved_today: 3 }, conversations: { today: 42, answered: 29, handed_off: 9, deflection_rate: 0.69 }, csat: { score: 75, responses: 4, asked: 11 }, gaps: gaps.length })],
  ["GET", /^\/articles$/, listArticles],
  ["GET", /^\/articles\/(\d+)$/, ({ params }) => article(Number(params[0])) ?? Promise.reject(new Refusal(404, "not_found"))],
  ["DELETE", /^\/articles\/(\d+)$/, ({ params }) => retire(params[0], "retired")],
  ["POST", /^\/articles\/(\d+)\/restore$/, ({ params }) => (retire(params[0], "live"), article(Number(params[0])))],
  ["GET", /^\/collections$/, () => list(collections)],
  ["POST", /^\/search$/, ({ body }) => ({ hits: String(body.query).includes("xyz") ? [] : search(String(body.query)), took_ms: 1.84, rescued: [], withheld: 0 })],
  ["GET", /^\/gaps$/, ({ query }) => list(gaps.filter((one) => one.state === query.get("state")))],
  ["PATCH", /^\/gaps\/(\d+)$/, ({ params, body }) => Object.assign(gaps.find((one) => String(one.id) === params[0]) ?? {}, body)],
  ["GET", /^\/glossary$/, () => list(glossary)],
  ["POST", /^\/glossary$/, ({ body }) => glossary[glossary.push({ id: Date.now(), term: String(body.term), lang: String(body.lang), synonyms: body.synonyms as string[] }) - 1]],
  ["DELETE", /^\/glossary\/(\d+)$/, ({ params }) => void glossary.splice(glossary.findIndex((one) => String(one.id) === params[0]), 1)],
  ["POST", /^\/sources$/, ({ body, broadcast }) => ({ job_id: startJob((job) => broadcast({ type: "job", job: { ...job, files: [] } }), [...String(body.multipart ?? "").matchAll(/filename="([^"]+)"/g)].map((one) => one[1] ?? "")).id })],
  ["GET", /^\/jobs$/, () => list(jobs)],
  ["GET", /^\/jobs\/(\w+)$/, ({ params }) => jobs.find((one) => String(one.id) === params[0]) ?? Promise.reject(new Refusal(404, "not_found"))],
  ["GET", /^\/jobs\/(\w+)\/events$/, jobEvents],
  // Only here: makes a ticket arrive, a customer type, so that a test can look at it.
  ["POST", /^\/mock\/arrive$/, ({ broadcast }) => broadcast({ type: "ticket", event: "created", ticket: arrive() })],
  ["POST", /^\/mock\/typing\/(\d+)$/, ({ params, broadcast }) => broadcast({ type: "typing", ticket_id: Number(params[0]) })],
  ["POST", /^\/mock\/say\/(\d+)$/, (call) => void change(call, "customer_replied", (one) => {
    const said = message("customer", String(call.body.text), 0);
    one.messages = [...one.messages, said];
    Object.assign(one, { unread: true, state: state("open"), last_message: { role: "customer", text: said.text, created_at: said.created_at } });
  })],
];
