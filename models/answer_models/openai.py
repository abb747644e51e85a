"""Any server that speaks OpenAI's chat completions: DeepSeek, Qwen, vLLM, Ollama, `openai:<model>@<base_url>`."""

import codecs
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import httpx

from models.answer_model import Language
from models.answer_models.prompts import messages
from models.errors import ModelUnavailableError
from models.types import Passage

MAX_TOKENS: Final = 600
_MAX_BYTES: Final = 2 * 1024 * 1024  # of a stream; no answer needs as much


class OpenAIAnswerModel:
    """Streams the answer as the server sends it."""

    def __init__(
        self,
        model: str,
        base_url: str,
        *,
        api_key: str = "",
        timeout_s: float = 12.0,
        max_tokens: int = MAX_TOKENS,
    ) -> None:
        """Name the server; nothing is sent yet. `timeout_s` bounds connecting, each silence and the whole answer."""
        self.spec = f"openai:{model}@{base_url}"
        self._model = model
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._timeout_s, self._max_tokens = timeout_s, max_tokens
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        # trust_env off: the address is the operator's choice, and a proxy variable must not redirect it.
        self._client = httpx.Client(timeout=timeout_s, headers=headers, trust_env=False)

    def compose(self, question: str, passages: Sequence[Passage], *, lang: Language) -> Iterator[str]:
        """Yield the answer in pieces, in `lang`."""
        body = {
            "model": self._model,
            "stream": True,
            "temperature": 0.1,
            "max_tokens": self._max_tokens,
            "messages": messages(question, passages, lang),
        }
        try:
            with self._client.stream("POST", self._url, json=body) as response:
                if response.is_error:
                    raise ModelUnavailableError(self.spec, _refusal(response))
                yield from self._pieces(response)
        except httpx.TimeoutException as error:
            raise ModelUnavailableError(self.spec, "it was silent for too long") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ModelUnavailableError(self.spec, str(error) or type(error).__name__) from error

    def _pieces(self, response: httpx.Response) -> Iterator[str]:
        for line in self._lines(response):
            data = line.removeprefix("data:").strip()
            if line.startswith("{"):  # a server that does not stream answers all at once
                data = line.strip()
            elif not line.startswith("data:") or not data:
                continue
            if data == "[DONE]":
                return
            piece, is_last = self._piece(data)
            if piece:
                yield piece
            if is_last and line.startswith("{"):
                return
        raise ModelUnavailableError(self.spec, "the stream ended before the answer did")

    def _lines(self, response: httpx.Response) -> Iterator[str]:
        """Lines as they come; a server may neither send without end nor hold us past the deadline."""
        deadline, received, waiting = time.monotonic() + self._timeout_s, 0, ""
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        for part in response.iter_bytes():
            received += len(part)
            if received > _MAX_BYTES:
                raise ModelUnavailableError(self.spec, "it does not stop talking")
            if time.monotonic() > deadline:
                raise ModelUnavailableError(self.spec, "it takes too long")
            *whole, waiting = (waiting + decode(part)).split("\n")
            yield from whole
        if waiting:
            yield waiting

    def _piece(self, data: str) -> tuple[str, bool]:
        """The text of one event, and whether it is the last one with text."""
        try:
            event: Any = json.loads(data)
            if "error" in event:
                raise ModelUnavailableError(self.spec, str(event["error"])[:200])
            if not event["choices"]:
                return "", False
            choice = event["choices"][0]
            reason = choice.get("finish_reason")
            if reason in {"length", "content_filter"}:
                raise ModelUnavailableError(self.spec, f"the answer was cut off ({reason})")
            said = choice.get("delta") or choice.get("message") or {}
            return str(said.get("content") or ""), bool(reason)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelUnavailableError(
                self.spec, f"it sent something else than a completion: {data[:80]}"
            ) from error


def _refusal(response: httpx.Response) -> str:
    body = next(response.iter_bytes(), b"")[:200]
    return f"HTTP {response.status_code} {body.decode(errors='replace')}".strip()
