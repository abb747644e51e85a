import type { Pending } from "./log";
import type { ConversationState } from "./types";

/** What survives a page reload. The token is kept for anonymous visitors only: a signed-in person has a cookie,
 * and a shared browser must not keep the key to the last person's conversation. */
export type Remembered = {
  id: string;
  token: string | null;
  owner: string;
  state: ConversationState;
  readSeq: number;
};

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export class Memory {
  private readonly store: Store;
  constructor(
    private readonly key: string,
    store?: Store,
  ) {
    this.store = store ?? usable() ?? new MemoryStore();
  }

  get conversation(): Remembered | null {
    return this.read<Remembered>(this.key);
  }
  set conversation(value: Remembered | null) {
    this.write(this.key, value);
  }

  get outbox(): Pending[] {
    return this.read<Pending[]>(`${this.key}:outbox`) ?? [];
  }
  set outbox(value: Pending[]) {
    this.write(`${this.key}:outbox`, value.length ? value : null);
  }

  forget(): void {
    this.conversation = null;
    this.outbox = [];
  }

  private read<T>(key: string): T | null {
    try {
      return JSON.parse(this.store.getItem(key) ?? "null") as T | null;
    } catch {
      return null;
    }
  }

  private write(key: string, value: unknown): void {
    try {
      if (value === null) this.store.removeItem(key);
      else this.store.setItem(key, JSON.stringify(value));
    } catch {
      // full or forbidden storage: the conversation then lives as long as the page
    }
  }
}

class MemoryStore implements Store {
  private readonly map = new Map<string, string>();
  getItem(key: string): string | null {
    return this.map.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.map.set(key, value);
  }
  removeItem(key: string): void {
    this.map.delete(key);
  }
}

function usable(): Store | null {
  try {
    const store = globalThis.localStorage; // throws where cookies are blocked
    store.getItem("jieda");
    return store;
  } catch {
    return null;
  }
}
