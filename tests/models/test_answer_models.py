"""The OpenAI adapter against a real server on loopback: what it sends, what it yields, how it fails."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from models.answer_models.fake import FakeAnswerModel
from models.answer_models.openai import OpenAIAnswerModel
from models.errors import ModelUnavailableError
from models.types import Passage

PASSAGES = [Passage(1, "发票", "在费用中心开具电子发票。"), Passage(2, "退款", "三天内到账。")]


class Server:
    """Answers every POST with `reply`; keeps what it was sent."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        self.reply: Callable[[BaseHTTPRequestHandler], None] = lambda _: None
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.requests.append((self.path, dict(self.headers), body))
                server.reply(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def streams(self, *lines: str) -> None:
        def reply(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Type", "text/event-stream")
            handler.end_headers()
            for line in lines:
                handler.wfile.write(f"{line}\n\n".encode())

        self.reply = reply

    def refuses(self, status: int, body: str) -> None:
        def reply(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            handler.end_headers()
            handler.wfile.write(body.encode())

        self.reply = reply


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield running
    running.http.shutdown()
    thread.join()
    running.http.server_close()


def delta(text: str) -> str:
    return "data: " + json.dumps({"choices": [{"delta": {"content": text}}]})


def ask(model: OpenAIAnswerModel) -> list[str]:
    return list(model.compose("怎么开发票？", PASSAGES, lang="zh"))


def test_pieces_come_in_order_and_end_with_done(server: Server) -> None:
    role = 'data: {"choices": [{"delta": {"role": "assistant"}}]}'
    usage = 'data: {"choices": [], "usage": {"total_tokens": 9}}'
    server.streams(
        ": keep-alive", role, delta("在费用中心"), delta("开具。[1]"), usage, "data: [DONE]", delta("late")
    )
    assert ask(OpenAIAnswerModel("qwen3", server.url)) == ["在费用中心", "开具。[1]"]


def test_the_first_piece_does_not_wait_for_the_last(server: Server) -> None:
    go_on = threading.Event()

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(f"{delta('first')}\n\n".encode())
        go_on.wait(5)
        handler.wfile.write(f"{delta('last')}\n\ndata: [DONE]\n\n".encode())

    server.reply = reply
    pieces = OpenAIAnswerModel("qwen3", server.url).compose("q", PASSAGES, lang="en")
    assert next(pieces) == "first"
    go_on.set()
    assert list(pieces) == ["last"]


def test_the_request_names_the_model_numbers_the_passages_and_carries_the_key(server: Server) -> None:
    server.streams("data: [DONE]")
    ask(OpenAIAnswerModel("qwen3", server.url + "/", api_key="secret"))
    path, headers, body = server.requests[0]
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == "Bearer secret"
    assert (body["model"], body["stream"]) == ("qwen3", True)
    system, user = body["messages"]
    assert "发票" not in system["content"], "what others wrote is no part of the rules"
    assert "[1] 发票\n在费用中心开具电子发票。" in user["content"]
    assert "[2] 退款" in user["content"]
    assert body["max_tokens"] == 600


def test_what_others_wrote_is_fenced_by_marks_nobody_can_guess(server: Server) -> None:
    server.streams("data: [DONE]")
    for _ in range(2):
        ask(OpenAIAnswerModel("qwen3", server.url))
    fences = [
        set(re.findall(r"<<\w{12}>>", request[2]["messages"][1]["content"])) for request in server.requests
    ]
    assert len(fences[0]) == len(fences[1]) == 1 and fences[0] != fences[1]
    (fence,) = fences[0]
    system, user = server.requests[0][2]["messages"]
    assert fence in system["content"]
    _, passages, between, question, end = user["content"].split(fence)
    assert "费用中心" in passages and "怎么开发票" in question
    assert "费用中心" not in between and not end.strip()


@pytest.mark.parametrize(("lang", "said"), [("zh", "用中文"), ("en", "in English")])
def test_the_answer_is_asked_for_in_the_customers_language(server: Server, lang: Any, said: str) -> None:
    server.streams("data: [DONE]")
    list(OpenAIAnswerModel("qwen3", server.url).compose("q", PASSAGES, lang=lang))
    assert said in server.requests[0][2]["messages"][0]["content"]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((delta("half"),), "the stream ended before"),
        (("data: <html>",), "something else than a completion"),
        (('data: {"choices": [7]}',), "something else than a completion"),
        (('data: {"error": {"message": "overloaded"}}',), "overloaded"),
        ((delta("half"), 'data: {"choices": [{"delta": {}, "finish_reason": "length"}]}'), "cut off"),
        (("x" * 3_000_000,), "does not stop talking"),
    ],
)
def test_a_broken_stream_is_an_error_and_not_a_short_answer(
    server: Server, lines: tuple[str, ...], reason: str
) -> None:
    server.streams(*lines)
    with pytest.raises(ModelUnavailableError, match=reason):
        ask(OpenAIAnswerModel("qwen3", server.url))


def test_a_refusal_tells_status_and_reason_but_not_the_key(server: Server) -> None:
    server.refuses(401, "invalid api key")
    with pytest.raises(ModelUnavailableError, match="HTTP 401 invalid api key") as refused:
        ask(OpenAIAnswerModel("qwen3", server.url, api_key="secret"))
    assert refused.value.status == 503
    assert refused.value.code == "model_unavailable"
    assert "secret" not in str(refused.value)


def test_silence_longer_than_the_timeout_is_an_error(server: Server) -> None:
    silence = threading.Event()
    server.reply = lambda _: bool(silence.wait(5)) and None
    with pytest.raises(ModelUnavailableError, match="silent for too long"):
        ask(OpenAIAnswerModel("qwen3", server.url, timeout_s=0.1))
    silence.set()


def test_an_unreachable_server_is_an_error() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        with pytest.raises(ModelUnavailableError, match="does not answer"):
            ask(OpenAIAnswerModel("qwen3", url))


def test_the_fake_model_quotes_the_first_passage_and_admits_to_having_none() -> None:
    model = FakeAnswerModel()
    assert "".join(model.compose("怎么开发票？", PASSAGES, lang="zh")).endswith("[1]")
    assert "没有资料" in "".join(model.compose("怎么开发票？", [], lang="zh"))


def test_a_server_that_does_not_stream_answers_all_at_once(server: Server) -> None:
    whole = {"choices": [{"message": {"role": "assistant", "content": "三天 [2]"}, "finish_reason": "stop"}]}
    server.streams(json.dumps(whole, ensure_ascii=False))
    assert ask(OpenAIAnswerModel("qwen3", server.url)) == ["三天 [2]"]


def test_characters_split_between_packets_arrive_whole(server: Server) -> None:
    said = {"choices": [{"delta": {"content": "三天内到账"}}]}
    event = f"data: {json.dumps(said, ensure_ascii=False)}\n\ndata: [DONE]\n\n".encode()

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for at in range(0, len(event), 7):
            handler.wfile.write(event[at : at + 7])
            handler.wfile.flush()

    server.reply = reply
    assert ask(OpenAIAnswerModel("qwen3", server.url)) == ["三天内到账"]


def test_a_server_that_only_keeps_the_line_open_is_given_up_at_the_deadline(server: Server) -> None:
    gone = threading.Event()

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while not gone.wait(0.02):
                handler.wfile.write(b": still here\n\n")
                handler.wfile.flush()
        except OSError:
            gone.set()

    server.reply = reply
    with pytest.raises(ModelUnavailableError, match="takes too long"):
        ask(OpenAIAnswerModel("qwen3", server.url, timeout_s=0.5))
    gone.set()
