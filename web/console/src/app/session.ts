import { ApiError, type Me, type Role } from "@jieda/api-client";
import { toLocale } from "@jieda/ui";
import { computed, ref } from "vue";
import { api } from "../api/client";
import { localeIsKnown, setLocale } from "./i18n";

const ROLES: Role[] = ["agent", "editor", "manager", "admin"];

export const me = ref<Me | null>(null);
export const person = computed(() => me.value?.person ?? null);
export const isStaff = computed(() => Boolean(person.value?.role));

/** Whether the signed-in person's role is `needed` or one that includes it. */
export function can(needed: Role): boolean {
  const role = person.value?.role;
  return role ? ROLES.indexOf(role) >= ROLES.indexOf(needed) : false;
}

export function isSignedIn(): boolean {
  return me.value?.signed_in === true;
}

/** Asks the server who we are. Throws `ApiError` if it does not answer; not being signed in is no error. */
export async function restore(): Promise<void> {
  try {
    know(await api.me());
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    me.value = null;
  }
}

export async function signIn(email: string, password: string): Promise<void> {
  know(await api.login(email, password));
}

export async function signOut(): Promise<void> {
  await api.logout();
  me.value = null;
}

export function forget(): void {
  me.value = null;
}

function know(answer: Me): void {
  me.value = answer;
  if (answer.person && !localeIsKnown()) setLocale(toLocale(answer.person.locale), false);
}
