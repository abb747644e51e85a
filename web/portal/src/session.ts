import { ApiClient, type DemoLogin, type DemoLogins, type Me, type Person } from "@jieda/api-client";
import { computed, ref } from "vue";

export const api = new ApiClient();

const me = ref<Me | null>(null);
export const logins = ref<DemoLogin[]>([]);
/** Whether the log-in menu of the header is open; pages that need somebody signed in open it. */
export const loginOpen = ref(false);
export const vendor = ref<{ zh: string; en: string } | null>(null);

export const person = computed<Person | null>(() => me.value?.person ?? null);
/** Changes whenever somebody else looks; what a page shows must then be read again. */
export const viewerKey = computed(() => (me.value ? String(me.value.person?.id ?? "visitor") : null));

export async function loadSession(): Promise<void> {
  const [who, demo] = await Promise.all([
    api.me().catch(() => ({ signed_in: false, person: null, csrf_token: null })),
    api.request<DemoLogins>("/demo/logins").catch(() => ({ items: [], company: null }) as DemoLogins),
  ]);
  logins.value = demo.items.filter((login) => login.kind === "standard" || login.kind === "vip");
  vendor.value = demo.company;
  me.value = who;
}

export async function signIn(email: string, password: string): Promise<void> {
  me.value = await api.login(email, password);
  announce();
}

export async function signOut(): Promise<void> {
  await api.logout();
  me.value = await api.me();
  announce();
}

export function askForLogin(): void {
  window.scrollTo({ top: 0 });
  loginOpen.value = true;
}

/** Tells the chat widget on this page that somebody else is here now. */
function announce(): void {
  window.dispatchEvent(new Event("jieda:viewer"));
}
