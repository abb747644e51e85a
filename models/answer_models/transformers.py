"""A causal language model in this process, by Hugging Face name or path: `transformers:<name or path>`."""

import threading
from collections.abc import Iterator, Sequence
from queue import Empty
from typing import Any, Final

from models.answer_model import Language
from models.answer_models.prompts import messages
from models.errors import ModelNotInstalledError, ModelUnavailableError
from models.types import Passage

_PROMPT_TOKENS: Final = 4096  # where neither model nor tokenizer says how much it can read


class TransformersAnswerModel:
    """Generates greedily, one answer at a time; others wait for their turn within their own deadline."""

    def __init__(self, name: str, *, timeout_s: float = 12.0, max_tokens: int = 600) -> None:
        """Load the model.

        Raises ModelNotInstalledError without the neural extra, ModelUnavailableError if it cannot be loaded.
        """
        self.spec = f"transformers:{name}"
        self._timeout_s, self._max_tokens = timeout_s, max_tokens
        try:
            import transformers
        except ImportError as error:
            raise ModelNotInstalledError(self.spec, "neural") from error
        self._library: Any = transformers
        try:
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(name)
            self._model: Any = transformers.AutoModelForCausalLM.from_pretrained(name).eval()
        except (OSError, ValueError) as error:
            raise ModelUnavailableError(self.spec, str(error)[:200]) from error
        self._one_at_a_time = threading.Lock()

    def compose(self, question: str, passages: Sequence[Passage], *, lang: Language) -> Iterator[str]:
        """Yield the answer in pieces, in `lang`."""
        inputs = self._inputs(messages(question, passages, lang))
        if not self._one_at_a_time.acquire(timeout=self._timeout_s):
            raise ModelUnavailableError(self.spec, "it is busy")
        stop, failed = threading.Event(), list[BaseException]()
        streamer = self._library.TextIteratorStreamer(
            self._tokenizer, skip_prompt=True, skip_special_tokens=True, timeout=self._timeout_s
        )

        def generate() -> None:
            try:
                self._model.generate(
                    **inputs,
                    streamer=streamer,
                    do_sample=False,
                    max_new_tokens=self._max_tokens,
                    stopping_criteria=[lambda *_args, **_more: stop.is_set()],
                )
            except Exception as error:  # noqa: BLE001 - raised again where the pieces are read
                failed.append(error)
                streamer.end()
            finally:
                self._one_at_a_time.release()

        threading.Thread(target=generate, name="jieda-transformers", daemon=True).start()
        try:
            yield from (piece for piece in streamer if piece)
        except Empty as error:
            raise ModelUnavailableError(self.spec, "it was silent for too long") from error
        finally:
            stop.set()
        if failed:
            raise ModelUnavailableError(self.spec, str(failed[0])[:200]) from failed[0]

    def _inputs(self, said: list[dict[str, str]]) -> dict[str, Any]:
        if self._tokenizer.chat_template:
            prompt = self._tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True)
        else:
            prompt = "\n\n".join(message["content"] for message in said) + "\n\n"
        encoded = self._tokenizer(prompt, return_tensors="pt")
        room = getattr(self._model.config, "max_position_embeddings", None) or _PROMPT_TOKENS
        length = encoded["input_ids"].shape[-1]
        if length + self._max_tokens > room:
            raise ModelUnavailableError(self.spec, f"{length} tokens are more than it can read")
        return {name: encoded[name].to(self._model.device) for name in ("input_ids", "attention_mask")}
