/**
 * The API as far as the console needs it, in memory, for `npm run dev -w console` without a server.
 * Never part of the build: the plugin only applies to `vite serve`.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import { WebSocketServer } from "ws";
import { routes, Refusal } from "./routes.ts";
import { arrive } from "./tickets.ts";

const sockets = new WebSocketServer({ noServer: true });

export function broadcast(frame: object): void {
  for (const client of sockets.clients) client.send(JSON.stringify(frame));
}

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((done) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => done(Buffer.concat(pieces).toString("utf8")));
  });
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { multipart: text };
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://mock");
  const path = url.pathname.replace("/api/v1", "");
  const body = parse(await readBody(request));
  for (const [method, pattern, handle] of routes) {
    const match = method === request.method && pattern.exec(path);
    if (!match) continue;
    const result = await handle({ params: match.slice(1), query: url.searchParams, body, response, broadcast });
    if (!response.writableEnded && result !== "streaming") send(response, result === undefined ? 204 : 200, result);
    return;
  }
  throw new Refusal(404, "not_found");
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": status < 400 ? "application/json" : "application/problem+json" });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

export function mockApi(): Plugin {
  return {
    name: "console-mock-api",
    apply: "serve",
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        if (!request.url?.startsWith("/api/v1/")) return next();
        answer(request, response).catch((error: unknown) => {
          const refusal = error instanceof Refusal ? error : new Refusal(500, "internal_error", { detail: String(error) });
          send(response, refusal.status, { title: refusal.code, status: refusal.status, code: refusal.code, ...refusal.fields });
        });
      });
      server.httpServer?.on("upgrade", (request, socket, head) => {
        if (!request.url?.startsWith("/ws/agent")) return;
        sockets.handleUpgrade(request, socket, head, (client) => {
          client.on("message", () => client.send(JSON.stringify({ type: "pong" })));
        });
      });
      // Something happens now and then, so that live updates can be seen: MOCK_EVERY_S=20
      const every = Number(process.env.MOCK_EVERY_S ?? 0);
      if (every) setInterval(() => broadcast({ type: "ticket", event: "created", ticket: arrive() }), every * 1000);
    },
  };
}
