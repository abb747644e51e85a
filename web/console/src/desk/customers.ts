import { shallowRef } from "vue";
import { directoryApi, type Company, type Contact } from "../api/directory";

const companies = shallowRef<Company[] | null>(null);
const people = shallowRef<Contact[] | null>(null);
let asked = false;

/** The directory is read once, when the first customer is looked at. */
function ask(): void {
  if (asked) return;
  asked = true;
  directoryApi.companies().then((found) => (companies.value = found), again);
  directoryApi.people().then((found) => (people.value = found), again);
}

function again(): void {
  asked = false; // the card still shows what the ticket tells; the next ticket tries again
}

export function companyOf(slug: string | undefined): Company | undefined {
  ask();
  return companies.value?.find((company) => company.slug === slug);
}

export function personOf(email: string | null | undefined): Contact | undefined {
  ask();
  return people.value?.find((person) => person.email === email);
}

export function managerOf(company: Company | undefined): string | null {
  return company?.account_manager?.name ?? null;
}
