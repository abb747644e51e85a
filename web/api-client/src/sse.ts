export type ServerEvent = { event: string; data: string };

/** Reads `text/event-stream` from a fetch response; works with POST, which EventSource cannot. */
export async function* readEvents(response: Response): AsyncGenerator<ServerEvent> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const decoder = new TextDecoder();
  const parser = new EventParser();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield* parser.push(decoder.decode(value, { stream: true }));
  }
}

/** Event-stream parser that may be fed at any byte boundary. */
export class EventParser {
  private rest = "";
  private event = "";
  private data: string[] = [];

  push(text: string): ServerEvent[] {
    this.rest += text;
    const events: ServerEvent[] = [];
    // A lone \r at the very end may be half of \r\n: keep it for the next piece.
    for (let match = this.next(); match; match = this.next()) {
      const event = this.line(match);
      if (event) events.push(event);
    }
    return events;
  }

  private next(): { line: string } | null {
    const end = /\r\n|\n|\r(?!$)/.exec(this.rest);
    if (!end) return null;
    const line = this.rest.slice(0, end.index);
    this.rest = this.rest.slice(end.index + end[0].length);
    return { line };
  }

  private line({ line }: { line: string }): ServerEvent | null {
    if (line === "") return this.flush();
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "event") this.event = value ?? "";
    if (field === "data") this.data.push(value ?? "");
    return null;
  }

  private flush(): ServerEvent | null {
    const event = this.data.length ? { event: this.event || "message", data: this.data.join("\n") } : null;
    this.event = "";
    this.data = [];
    return event;
  }
}
