/** What the mock starts with: a small desk, told in the shapes of the API. */
import type { Queue, Ticket, TicketMessage, TicketState, TicketStateType } from "@jieda/api-client";

export const minutes = (n: number) => new Date(Date.now() + n * 60_000).toISOString();

const NAMES: Record<TicketStateType, [string, string]> = {
  new: ["新建", "New"],
  open: ["处理中", "Open"],
  waiting_customer: ["等待客户", "Waiting for customer"],
  on_hold: ["挂起", "On hold"],
  solved: ["已解决", "Solved"],
  closed: ["已关闭", "Closed"],
  merged: ["已合并", "Merged"],
};
export const state = (type: TicketStateType): TicketState => ({ slug: type, name: { zh: NAMES[type][0], en: NAMES[type][1] }, type });

export const companies = [
  { slug: "hailan-water", name: { zh: "海岚水务集团", en: "Hailan Water" }, tier: "vip", account_manager: { id: 1, name: "陶然", email: "tao.ran@yanling.example" }, attributes: { country: "CN", products: ["YLD300", "YLP70"] } },
  { slug: "norvik-packaging", name: { zh: "诺维克包装", en: "Norvik Packaging" }, tier: "vip", account_manager: { id: 2, name: "Ingrid Tse", email: "ingrid.tse@yanling.example" }, attributes: { country: "SE", products: ["YLD300", "YLG20"] } },
  { slug: "baystone-hvac", name: { zh: "贝石暖通", en: "Baystone HVAC" }, tier: "gold", account_manager: { id: 2, name: "Ingrid Tse", email: "ingrid.tse@yanling.example" }, attributes: { country: "SG", products: ["YLD300"] } },
  { slug: "muye-food", name: { zh: "牧野食品机械", en: "Muye Food Machinery" }, tier: "standard", account_manager: null, attributes: { country: "CN", products: ["YLD300", "YLG20"] } },
];
export const people = [
  { id: 11, name: "顾文博", email: "gu.wenbo@hailan-water.example", company: companies[0] ?? null, title: "自控科科长", locale: "zh", tier: "vip" },
  { id: 12, name: "Elin Sandberg", email: "elin.sandberg@norvik-packaging.example", company: companies[1] ?? null, title: "Maintenance manager", locale: "en", tier: "vip" },
  { id: 13, name: "Goh Wei Ming", email: "weiming.goh@baystone-hvac.example", company: companies[2] ?? null, title: "Project engineer", locale: "en", tier: "gold" },
  { id: 14, name: "刘芳", email: "liu.fang@muye-food.example", company: companies[3] ?? null, title: "电气工程师", locale: "zh", tier: "standard" },
];
export const agents = [
  { id: 1, name: "陶然", email: "tao.ran@yanling.example", role: "agent", team: "key-accounts", languages: ["zh", "en"], skills: ["YLD300", "YLG20"], capacity: 6, presence: "online" },
  { id: 2, name: "Ingrid Tse", email: "ingrid.tse@yanling.example", role: "agent", team: "key-accounts", languages: ["en", "zh"], skills: ["YLD300"], capacity: 6, presence: "away" },
  { id: 9, name: "苏佳", email: "su.jia@yanling.example", role: "editor", team: "customer-care", languages: ["zh", "en"], skills: [], capacity: 0, presence: "online" },
  { id: 10, name: "秦岚", email: "qin.lan@yanling.example", role: "manager", team: "customer-care", languages: ["zh", "en"], skills: [], capacity: 4, presence: "offline" },
];
export const policies = [
  { slug: "vip", name: { zh: "VIP 服务承诺", en: "VIP promise" }, tier: "vip", priority: "urgent", kind: null, calendar: "kunshan-office", first_response_minutes: 10, resolution_minutes: 240 },
  { slug: "vip", name: { zh: "VIP 服务承诺", en: "VIP promise" }, tier: "vip", priority: null, kind: null, calendar: "kunshan-office", first_response_minutes: 15, resolution_minutes: 480 },
  { slug: "standard", name: { zh: "标准服务承诺", en: "Standard promise" }, tier: "standard", priority: null, kind: null, calendar: "kunshan-office", first_response_minutes: 240, resolution_minutes: 2400 },
];
const BY_HAND = { is_automatic: false, skills: [], relax_after_minutes: null, fallback_team: null, fallback_after_minutes: null, ack_minutes: null };
const QUEUES: [string, string, string][] = [
  ["vip", "VIP 绿色通道", "VIP green channel"],
  ["billing", "订单与发票", "Orders and invoices"],
  ["technical-zh", "中文技术支持", "Technical support (Chinese)"],
  ["technical-en", "英文技术支持", "Technical support (English)"],
];
export const queueRef = (slug: string) => {
  const [, zh, en] = QUEUES.find(([one]) => one === slug) ?? [slug, slug, slug];
  return { slug, name: { zh, en } };
};
export const queueNames = QUEUES.map(([slug]) => slug);

export function queueLoads(tickets: Ticket[]): Queue[] {
  return QUEUES.map(([slug], index) => {
    const open = tickets.filter((one) => one.queue.slug === slug && !["solved", "closed"].includes(one.state.type));
    const waiting = open.filter((one) => !one.assignee).length;
    return { ...queueRef(slug), team: null, tiers: [], languages: [], kinds: [], routing: BY_HAND, is_green: slug === "vip", position: index + 1, waiting, open: open.length, breached: open.filter((one) => one.promise === "breached").length };
  });
}

const quote = { n: 1, chunk_id: 101, article_id: 1, title: "变频器报 E-203 是什么意思，怎么处理？", quote: "E-203 表示恒速运行中过电流", locator: { uri: "faq/drives.zh.csv", page: null, box: null, anchor: null }, url: "/portal/articles/1?chunk=101" };
const manual = { ...quote, n: 2, chunk_id: 201, article_id: 2, title: "YLD300 变频器使用手册", locator: { uri: "manuals/YLD300.pdf", page: 42, box: null, anchor: null } };
export const citations = [quote, manual];

let nextMessage = 1;
export const message = (role: TicketMessage["role"], text: string, ago: number, more: Partial<TicketMessage> = {}): TicketMessage => ({
  id: nextMessage++, role, visibility: "public", text, author: null, created_at: minutes(-ago), citations: [], ...more,
});
