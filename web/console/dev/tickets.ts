import type { Clock, PromiseState, Ticket, TicketMessage } from "@jieda/api-client";
import { citations, message, minutes, people, queueRef, state } from "./data.ts";

let nextId = 1;

type Start = { subject: string; who: number; queue: string; due: number; target: number; age: number; messages: TicketMessage[] } & Partial<Omit<Ticket, "queue" | "messages">>;

export function promiseOf(due: number, target: number): PromiseState {
  if (due < 0) return "breached";
  return due < target / 4 ? "soon" : "on_time";
}

function make({ subject, who, queue, due, target, age, messages, ...more }: Start): Ticket {
  const person = people[who];
  const company = person?.company ?? null;
  const last = messages.at(-1);
  const clocks: Clock[] = [
    { metric: "first_response", due_at: minutes(due), warn_at: minutes(due - target / 4), started_at: minutes(-age), state: due < 0 ? "breached" : "running", target_minutes: target, met_at: null, breached_at: null },
    { metric: "resolution", due_at: minutes(due + target * 8), warn_at: minutes(due + target * 6), started_at: minutes(-age), state: "running", target_minutes: target * 16, met_at: null, breached_at: null },
  ];
  const id = nextId++;
  return {
    id, number: String(1040 + id), subject, state: state("new"), priority: "normal", kind: "general", product: null, tier: company?.tier ?? null, company,
    requester: person ? { id: person.id, name: person.name, email: person.email } : null,
    queue: queueRef(queue), assignee: null, language: person?.locale ?? "zh", channel: "widget",
    created_at: minutes(-age), updated_at: last?.created_at ?? minutes(-age), waiting_since: minutes(-age),
    clocks, promise: promiseOf(due, target), due_at: minutes(due), version: 1,
    last_message: last ? { role: last.role, text: last.text, created_at: last.created_at } : null,
    unread: true, messages, conversation_id: `c${id}`, form: null, tried: [], history: [{ at: minutes(-age), actor: null, event: "opened", detail: { queue } }],
    allowed_states: ["open", "waiting_customer", "on_hold", "solved"].map((type) => state(type as "open")),
    survey: null, handoff: null, way: null, links: [], merged_into: null, ...more,
  };
}

export const tickets: Ticket[] = [
  make({
    subject: "泵站 3 号变频器运行十分钟就报 E-203", who: 0, queue: "vip", due: 6, target: 15, age: 9, priority: "urgent",
    messages: [
      message("customer", "3 号泵的 YLD300 运行十分钟左右就跳 E-203，空载正常。", 12),
      message("bot", "E-203 表示恒速运行中过电流。[1] 请先拆下电机线空载试运行；若不再报警，检查电机绝缘（应大于 5 MΩ）和负载是否卡滞。[2]", 12, { citations }),
      message("customer", "空载试过了，没问题。绝缘 12 MΩ。现在影响供水，请安排人处理。", 10),
      message("system", "客户要求转人工，进入队列“VIP 绿色通道”", 9),
      message("agent", "上个月 2 号泵同样的问题，最后是 P4-03 设得太高。", 4, { visibility: "internal", author: "Ingrid Tse" }),
    ],
    tried: [{ article_id: 1, title: "变频器报 E-203 是什么意思，怎么处理？" }, { article_id: 2, title: "YLD300 变频器使用手册" }],
    handoff: { trigger: "asked", summary: "", reason: "客户要求人工", page: "/portal/configurator", context: { product: "YLD300", fields: { load: "pump" } } },
    form: { slug: "technical-request", version: 1, values: { request: "fault", product: "YLD300", error_code: "E-203", firmware: "v3.4.0", machine_down: true } },
  }),
  make({ subject: "Gateway loses Modbus slaves after firmware v2.1.0", who: 1, queue: "vip", due: -22, target: 15, age: 40, messages: [message("customer", "Since the update to v2.1.0 two of five slaves time out every night.", 40)] }),
  make({ subject: "Braking resistor for YLD300-T11 with a centrifuge", who: 2, queue: "technical-en", due: 38, target: 60, age: 25, channel: "form", messages: [message("customer", "Which resistor do we need for a centrifuge, 30 % duty?", 25)] }),
  make({
    subject: "发票抬头开错了，已跨月", who: 3, queue: "billing", due: 190, target: 240, age: 50, channel: "form", state: state("open"), assignee: { id: 1, name: "陶然" }, unread: false,
    messages: [message("customer", "订单 SO26-104381 的发票抬头应为“牧野食品机械（苏州）有限公司”。", 50), message("agent", "已收到，跨月发票需要红冲，我们今天内处理。", 30, { author: "陶然" })],
    form: { slug: "order-change", version: 1, values: { request: "invoice_correction", order_number: "SO26-104381", invoice_month_closed: true } },
  }),
  make({ subject: "压力变送器清零显示 Er-06", who: 3, queue: "technical-zh", due: 48, target: 240, age: 200, messages: [message("customer", "YLP70 通大气后按 Z 键 3 秒，显示 Er-06。", 200)] }),
  make({ subject: "网关密码忘记了", who: 3, queue: "technical-zh", due: 700, target: 240, age: 1500, state: state("solved"), promise: "met", due_at: null, unread: false, survey: { rating: 5, comment: "很快", asked_at: minutes(-1490) }, messages: [message("customer", "网关密码忘了。", 1500), message("agent", "按住 RST 键 8 秒即可恢复出厂。", 1490, { author: "陶然" })] }),
];

/** A ticket that comes in while somebody looks. */
export function arrive(): Ticket {
  const ticket = make({ subject: "水厂流量计读数跳变，急", who: 0, queue: "vip", due: 15, target: 15, age: 0, messages: [message("customer", "YLF50 读数从 80 跳到 240 m³/h，现场没有变化。", 0)] });
  tickets.push(ticket);
  return ticket;
}
