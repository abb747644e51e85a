import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { EventParser } from "./sse";
import { backoff, socketUrl, StaySocket } from "./socket";

class Line {
  static all: Line[] = [];
  readyState = 0;
  sent: string[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor(readonly url: string) {
    Line.all.push(this);
  }
  send(data: string): void {
    this.sent.push(data);
  }
  close(): void {
    this.readyState = 3;
  }
  up(): void {
    this.readyState = 1;
    this.onopen?.();
  }
}

const create = (url: string) => new Line(url) as unknown as WebSocket;
const states: string[] = [];
const running: StaySocket[] = [];
const open = (more = {}) => {
  const socket = new StaySocket({ url: () => "ws://x", onFrame: () => undefined, onState: (state) => states.push(state), create, random: () => 1, ...more });
  socket.start();
  running.push(socket);
  return socket;
};

beforeEach(() => {
  vi.useFakeTimers();
  Line.all = [];
  states.length = 0;
});
afterEach(() => {
  for (const socket of running.splice(0)) socket.stop();
  vi.useRealTimers();
});

describe("a socket that stays", () => {
  test("waits longer after every failure, up to twenty seconds, never in step with others", () => {
    expect([1, 2, 3, 9].map((n) => backoff(n, 1))).toEqual([500, 1000, 2000, 20_000]);
    expect(backoff(9, 0)).toBe(10_000);
  });

  test("an accept-then-close loop keeps backing off", () => {
    open();
    for (let n = 0; n < 5; n += 1) {
      Line.all.at(-1)?.up();
      Line.all.at(-1)?.onclose?.({ code: 1006 });
      vi.advanceTimersByTime(20_000);
    }
    Line.all.at(-1)?.onclose?.({ code: 1006 });
    const lines = Line.all.length;
    vi.advanceTimersByTime(5_000);
    expect(Line.all.length).toBe(lines);
  });

  test("a line that no longer answers pings is replaced", () => {
    open();
    Line.all[0]?.up();
    vi.advanceTimersByTime(25_000);
    expect(Line.all[0]?.sent.at(-1)).toContain("ping");
    vi.advanceTimersByTime(8_000 + 500);
    expect(Line.all.length).toBe(2);
  });

  test("an answered ping keeps the line", () => {
    open();
    Line.all[0]?.up();
    vi.advanceTimersByTime(25_000);
    Line.all[0]?.onmessage?.({ data: '{"type":"pong"}' });
    vi.advanceTimersByTime(20_000);
    expect(Line.all.length).toBe(1);
  });

  test("the network coming back reconnects at once", () => {
    open();
    for (let n = 0; n < 6; n += 1) {
      Line.all.at(-1)?.onclose?.({ code: 1006 });
      if (n < 5) vi.advanceTimersByTime(20_000);
    }
    const lines = Line.all.length;
    window.dispatchEvent(new Event("online"));
    expect(Line.all.length).toBe(lines + 1);
  });

  test("a late close of an old line does not kill the new one", () => {
    const socket = open();
    Line.all[0]?.up();
    socket.reconnect();
    Line.all[1]?.up();
    Line.all[0]?.onclose?.({ code: 1006 });
    expect(socket.send({ type: "ping" })).toBe(true);
    vi.advanceTimersByTime(5_000);
    expect(Line.all.length).toBe(2);
  });

  test("a refusal ends it, and stop leaves nothing running", () => {
    const socket = open({ fatal: (code: number) => code === 4404 });
    Line.all[0]?.onclose?.({ code: 4404 });
    vi.advanceTimersByTime(60_000);
    expect(Line.all.length).toBe(1);
    expect(states.at(-1)).toBe("closed");
    socket.start();
    socket.stop();
    vi.advanceTimersByTime(60_000);
    expect(Line.all.length).toBe(2);
  });

  test("a frame that is not JSON is ignored", () => {
    const seen: unknown[] = [];
    open({ onFrame: (frame: unknown) => seen.push(frame) });
    Line.all[0]?.up();
    Line.all[0]?.onmessage?.({ data: "<html>" });
    Line.all[0]?.onmessage?.({ data: '{"type":"pong"}' });
    expect(seen).toEqual([{ type: "pong" }]);
  });

  test("its address follows the API's origin and scheme", () => {
    expect(socketUrl("https://help.example", "/ws", { after: 3 })).toBe("wss://help.example/ws?after=3");
  });
});

describe("event stream", () => {
  test("events survive any cut of the bytes", () => {
    const text = "event: turn\r\ndata: {\"a\":1}\r\n\r\n: comment\ndata: one\ndata: two\n\nevent: done\ndata:\n\n";
    for (let cut = 1; cut < text.length; cut += 1) {
      const parser = new EventParser();
      const events = [...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))];
      expect(events).toEqual([
        { event: "turn", data: '{"a":1}' },
        { event: "message", data: "one\ntwo" },
        { event: "done", data: "" },
      ]);
    }
  });
});
