"""A language model server on loopback that speaks OpenAI's protocol, and misbehaves as told."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Exchange"], None]


class Exchange:
    """One request, and the ways to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, prompt: str, closing: threading.Event) -> None:
        self.handler, self.prompt, self.closing = handler, prompt, closing

    def begins(self, status: int = 200, kind: str = "text/event-stream") -> None:
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", kind)
        self.handler.end_headers()

    def writes(self, data: str) -> None:
        self.handler.wfile.write(data.encode())
        self.handler.wfile.flush()

    def says(self, *pieces: str, ends: bool = True) -> None:
        """Stream an answer; without an end the connection is simply closed."""
        self.begins()
        for piece in pieces:
            self.writes(f"data: {json.dumps({'choices': [{'delta': {'content': piece}}]})}\n\n")
        if ends:
            self.writes("data: [DONE]\n\n")

    def hangs(self) -> None:
        """Say nothing more until the server is closed."""
        self.closing.wait(60)


class LanguageModel:
    """Serves until closed; `behaviour` decides what becomes of each request, `prompts` keeps what was asked."""

    def __init__(self) -> None:
        self.behaviour: Behaviour = lambda exchange: exchange.says("")
        self.prompts: list[str] = []
        self.closing = threading.Event()
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body: Any = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                prompt = "\n".join(message["content"] for message in body["messages"])
                model.prompts.append(prompt)
                try:
                    model.behaviour(Exchange(self, prompt, model.closing))
                except OSError:  # the caller has gone
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.spec = f"openai:test@http://127.0.0.1:{self._http.server_address[1]}/v1"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()


def obedient(payload: re.Pattern[str]) -> Behaviour:
    """Does whatever anybody told it to, if it sees it: says every payload in its prompt, cited; else the first passage."""

    def behave(exchange: Exchange) -> None:
        told = list(dict.fromkeys(payload.findall(exchange.prompt)))
        passage = re.search(r"\[1\] [^\n]*\n(.+)", exchange.prompt)
        honest = [passage[1]] if passage else []
        exchange.says(*(f"{one} [1]。\n" for one in told), *(f"{one} [1]\n" for one in honest))

    return behave
