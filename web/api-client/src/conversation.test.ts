import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ConversationClient } from "./conversation";
import { FakeServer } from "./fakes";
import { ApiClient } from "./http";
import { Memory } from "./storage";

let server: FakeServer;
let store: Map<string, string>;

function client(): ConversationClient {
  const storage = {
    getItem: (key: string) => store.get(key) ?? null,
    setItem: (key: string, value: string) => void store.set(key, value),
    removeItem: (key: string) => void store.delete(key),
  };
  return new ConversationClient({
    api: new ApiClient(""),
    memory: new Memory("jieda", storage),
    locale: () => "zh",
    onChange: () => undefined,
    createSocket: server.connect,
  });
}

const settle = (ms = 60_000) => vi.advanceTimersByTimeAsync(ms);
const said = (turns: { role: string; text: string }[]) => turns.filter((turn) => turn.role === "user").map((turn) => turn.text);

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  store = new Map();
  vi.stubGlobal("fetch", server.fetch);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a conversation", () => {
  test("is opened by the first turn, once, even when three are written at the same moment", async () => {
    const chat = client();
    chat.say("a");
    chat.say("b");
    chat.say("c");
    await settle();
    expect(server.opened).toBe(1);
    expect(said(server.turns)).toEqual(["a", "b", "c"]);
    expect(said(chat.log.turns)).toEqual(["a", "b", "c"]);
    expect(chat.log.pending).toEqual([]);
  });

  test("loses and doubles nothing while the line is cut at the worst moments", async () => {
    let seed = 7;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    server.fate = () => (random() < 0.3 ? "cut" : random() < 0.4 ? "lose" : "keep");
    const chat = client();
    const texts = Array.from({ length: 60 }, (_, n) => `turn ${n}`);
    for (const text of texts) {
      chat.say(text);
      if (random() < 0.2) server.cutAll();
      if (random() < 0.2) server.add("agent", `note ${text}`);
      await settle(random() * 4000);
    }
    server.fate = () => "keep";
    await settle(180_000);
    expect(said(server.turns).sort()).toEqual([...texts].sort());
    expect(chat.log.turns.map((turn) => turn.seq)).toEqual(server.turns.map((turn) => turn.seq));
    expect(chat.log.pending).toEqual([]);
  });

  test("goes on after a reload, with the turn that was on its way", async () => {
    const before = client();
    before.say("first");
    await settle();
    server.fate = () => "lose";
    before.say("second");
    before.stop();
    server.fate = () => "keep";
    const after = client();
    await after.identify();
    after.resume();
    await settle();
    expect(said(after.log.turns)).toEqual(["first", "second"]);
    expect(server.opened).toBe(1);
  });

  test("turns from an agent that came while the line was down are there after reconnecting", async () => {
    const chat = client();
    chat.say("hello");
    await settle();
    server.cutAll();
    server.add("agent", "I am here");
    await settle();
    expect(chat.log.turns.at(-1)?.text).toBe("I am here");
  });

  test("goes on over plain HTTP where sockets never get through", async () => {
    server.socketsRefused = true;
    const chat = client();
    chat.say("behind a proxy");
    await settle();
    expect(chat.link).toBe("polling");
    expect(chat.log.turns.map((turn) => turn.text)).toEqual(["behind a proxy", "re: behind a proxy"]);
    server.socketsRefused = false;
    await settle();
    expect(chat.link).toBe("live");
  });

  test("says that it is offline when neither works, and delivers when the network is back", async () => {
    const chat = client();
    chat.say("one");
    await settle();
    server.socketsRefused = server.httpDown = true;
    server.cutAll();
    chat.say("two");
    await settle();
    expect(chat.link).toBe("offline");
    expect(chat.log.pending.map((entry) => entry.text)).toEqual(["two"]);
    server.socketsRefused = server.httpDown = false;
    await settle();
    expect(said(server.turns)).toEqual(["one", "two"]);
  });

  test("of another person is forgotten, with its key", async () => {
    const chat = client();
    await chat.identify();
    chat.say("mine");
    await settle();
    server.person = { id: 5 };
    await chat.identify();
    expect(chat.id).toBeNull();
    expect(chat.log.turns).toEqual([]);
    expect([...store.values()].join()).not.toContain("secret");
  });

  test("takes a turn written while somebody logs in as theirs, and opens nothing for the one who left", async () => {
    const chat = client();
    await chat.identify();
    chat.say("as a visitor");
    await settle();
    server.person = { id: 5 };
    const asking = chat.identify();
    chat.say("just logged in");
    await asking;
    await settle();
    expect(chat.log.turns.map((turn) => turn.text)).toContain("just logged in");
    expect(chat.log.turns.map((turn) => turn.text)).not.toContain("as a visitor");
    expect(server.opened).toBe(2);
  });

  test("of a visitor who logs in before their turn got through takes it along; another person's turn is dropped", async () => {
    const chat = client();
    await chat.identify();
    server.httpDown = server.socketsRefused = true;
    chat.say("not through yet");
    await settle();
    server.httpDown = server.socketsRefused = false;
    server.person = { id: 5 };
    await chat.identify();
    await settle();
    expect(said(server.turns)).toEqual(["not through yet"]);
    server.fate = () => "lose";
    chat.say("secret of person 5");
    server.person = { id: 6 };
    await chat.identify();
    server.fate = () => "keep";
    await settle();
    expect(said(server.turns)).not.toContain("secret of person 5");
    expect(chat.log.pending).toEqual([]);
  });

  test("of a signed-in person leaves no key in the browser", async () => {
    server.person = { id: 5 };
    const chat = client();
    await chat.identify();
    chat.say("mine");
    await settle();
    expect(chat.id).toBe("c1");
    expect([...store.values()].join()).not.toContain("secret");
  });

  test("that the server no longer knows starts anew and takes the undelivered turn along", async () => {
    const chat = client();
    chat.say("old");
    await settle();
    server.turns = [];
    server.exists = false;
    server.cutAll(1008);
    chat.say("new");
    await settle();
    expect(server.opened).toBe(2);
    expect(said(server.turns)).toEqual(["new"]);
  });

  test("the badge counts what others wrote since it was last read", async () => {
    const chat = client();
    chat.say("hi");
    await settle();
    expect(chat.unread).toBe(1);
    chat.markRead();
    server.add("agent", "hello");
    server.add("agent", "still there?");
    expect(chat.unread).toBe(2);
  });
});
