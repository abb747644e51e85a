import type { TicketSummary } from "@jieda/api-client";
import { reactive } from "vue";
import type { DeskApi } from "../api/desk";
import { mergeTicket } from "./merge";
import { belongs, queryOf, sameView, type View } from "./views";

const PAGE = 100;
const FRESH_MS = 6_000;

export type TicketList = ReturnType<typeof createList>;

/** The tickets of one view, in promise order, kept true by live frames and by reading again. */
export function createList(api: Pick<DeskApi, "tickets">, agentId: () => string | null) {
  const state = reactive({
    view: { name: "open" } as View,
    search: "",
    items: [] as TicketSummary[],
    more: false,
    loading: false,
    loaded: false,
    error: null as unknown,
    fresh: new Set<string>(),
  });
  const read = new Map<string, string>(); // ticket → the last message the reader has seen
  let newest = 0;
  let meanwhile: TicketSummary[] = []; // frames that came while the list was being read
  let searched = ""; // the search that the items answer

  async function load(): Promise<void> {
    const mine = ++newest;
    const asked = state.search;
    meanwhile = [];
    state.loading = true;
    try {
      const page = await fetchPage(0);
      if (mine !== newest) return;
      if (state.loaded && asked === searched) highlightNew(page.items);
      searched = asked;
      state.items = withNews(page.items);
      state.more = page.more;
      state.error = null;
      state.loaded = true;
    } catch (problem) {
      if (mine === newest) state.error = problem;
    } finally {
      if (mine === newest) state.loading = false;
    }
  }

  /** An answer can be older than a frame that overtook it; what the frames told still holds. */
  function withNews(items: TicketSummary[]): TicketSummary[] {
    return meanwhile.reduce((merged, ticket) => mergeTicket(merged, ticket, belongsHere(ticket)).items, items);
  }

  let reached = 0; // how far the server's list was read
  async function fetchPage(offset: number) {
    const q = state.search.trim() || undefined;
    const where = q ? {} : queryOf(state.view); // who searches looks everywhere, solved tickets too
    const { items } = await api.tickets({ ...where, q, limit: PAGE, offset });
    reached = offset + items.length;
    return { items, more: items.length === PAGE };
  }

  async function loadMore(): Promise<void> {
    const mine = ++newest;
    const page = await fetchPage(reached);
    if (mine !== newest) return;
    const known = new Set(state.items.map((ticket) => String(ticket.id)));
    state.items = [...state.items, ...page.items.filter((ticket) => !known.has(String(ticket.id)))];
    state.more = page.more;
  }

  function belongsHere(ticket: TicketSummary): boolean {
    return state.search.trim() !== "" || belongs(ticket, state.view, agentId());
  }

  function show(view: View): void {
    if (sameView(view, state.view) && state.loaded) return;
    state.view = view;
    state.items = [];
    state.loaded = false;
    void load();
  }

  function reset(): void {
    newest += 1;
    read.clear();
    Object.assign(state, { search: "", items: [], more: false, loading: false, loaded: false, error: null });
  }

  /** A live frame. Tells whether the ticket is new in this list. */
  function merge(ticket: TicketSummary): boolean {
    if (state.loading) meanwhile.push(ticket);
    if (!state.loaded) return false;
    if (state.search.trim() && !state.items.some((item) => String(item.id) === String(ticket.id))) return false;
    const { items, change } = mergeTicket(state.items, ticket, belongsHere(ticket));
    if (change === "none") return false;
    state.items = items;
    if (change === "added") highlight(String(ticket.id));
    return change === "added";
  }

  function highlightNew(items: TicketSummary[]): void {
    const known = new Set(state.items.map((ticket) => String(ticket.id)));
    items.filter((ticket) => !known.has(String(ticket.id))).forEach((ticket) => highlight(String(ticket.id)));
  }

  function highlight(id: string): void {
    state.fresh.add(id);
    setTimeout(() => state.fresh.delete(id), FRESH_MS);
  }

  function markRead(ticket: TicketSummary): void {
    read.set(String(ticket.id), ticket.last_message?.created_at ?? ticket.created_at);
    const known = state.items.find((item) => String(item.id) === String(ticket.id));
    if (known) known.unread = false;
  }

  function isUnread(ticket: TicketSummary): boolean {
    return ticket.unread && read.get(String(ticket.id)) !== (ticket.last_message?.created_at ?? ticket.created_at);
  }

  function neighbour(id: string | null, step: 1 | -1): TicketSummary | undefined {
    const at = state.items.findIndex((item) => String(item.id) === id);
    if (at < 0) return state.items[step > 0 ? 0 : state.items.length - 1];
    return state.items[at + step];
  }

  return { state, load, loadMore, show, reset, merge, markRead, isUnread, neighbour };
}
