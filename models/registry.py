"""From a spec string in the settings to a model, one per process: `builtin`, `st:BAAI/bge-m3`, `openai:qwen@http://…`.

An unused runtime need not be installed. Loading is done once even when several threads ask at the same time.
"""

import difflib
import threading
from collections.abc import Callable, Iterable
from typing import Any

from models.answer_model import AnswerModel
from models.embedder import Embedder
from models.errors import UnknownModelError
from models.reranker import Reranker

_lock = threading.RLock()
_loaded: dict[tuple[str, ...], Any] = {}


def embedder(spec: str) -> Embedder:
    """Return the embedder `builtin`, `st:<name or path>` or `fake:<dim>`; raises UnknownModelError."""
    loaded: Embedder = _once(("embedder", spec), lambda: _embedder(spec))
    return loaded


def reranker(spec: str) -> Reranker | None:
    """Return the reranker `st:<name or path>` or `fake`, None for `none`; raises UnknownModelError."""
    if spec == "none":
        return None
    loaded: Reranker = _once(("reranker", spec), lambda: _reranker(spec))
    return loaded


def answer_model(
    spec: str, *, api_key: str = "", timeout_s: float = 12.0, max_tokens: int = 600
) -> AnswerModel | None:
    """Return the answer model `openai:<model>@<base_url>`, `transformers:<name or path>` or `fake`.

    None for `extractive`, which quotes passages and needs no model. Raises UnknownModelError, and for
    `transformers:` ModelNotInstalledError and ModelUnavailableError.
    """
    if spec == "extractive":
        return None
    key = ("answer_model", spec, api_key, str(timeout_s), str(max_tokens))
    loaded: AnswerModel = _once(key, lambda: _answer_model(spec, api_key, timeout_s, max_tokens))
    return loaded


def _once(key: tuple[str, ...], load: Callable[[], Any]) -> Any:
    with _lock:
        if key not in _loaded:
            _loaded[key] = load()
        return _loaded[key]


def _embedder(spec: str) -> Embedder:
    runtime, _, name = spec.partition(":")
    match runtime, name:
        case "builtin", _:
            from models.embedders.builtin import BuiltinEmbedder

            builtin = BuiltinEmbedder()
            if name and spec != builtin.spec:
                raise UnknownModelError(f"{spec} is not shipped here; this version has {builtin.spec}")
            return builtin
        case "st", name if name:
            from models.embedders.sentence_transformers import SentenceTransformerEmbedder

            return SentenceTransformerEmbedder(name)
        case "fake", dim if dim.isdecimal() and int(dim):
            from models.embedders.fake import FakeEmbedder

            return FakeEmbedder(int(dim))
    raise _unknown("embedder", spec, ("builtin", "st:<name or path>", "fake:<dim>"))


def _reranker(spec: str) -> Reranker:
    runtime, _, name = spec.partition(":")
    match runtime, name:
        case "st", name if name:
            from models.rerankers.sentence_transformers import SentenceTransformerReranker

            return SentenceTransformerReranker(name)
        case "fake", "":
            from models.rerankers.fake import FakeReranker

            return FakeReranker()
    raise _unknown("reranker", spec, ("none", "st:<name or path>", "fake"))


def _answer_model(spec: str, api_key: str, timeout_s: float, max_tokens: int) -> AnswerModel:
    runtime, _, name = spec.partition(":")
    model, _, base_url = name.partition("@")
    match runtime, model:
        case "openai", model if model and base_url.startswith(("http://", "https://")):
            from models.answer_models.openai import OpenAIAnswerModel

            return OpenAIAnswerModel(
                model, base_url, api_key=api_key, timeout_s=timeout_s, max_tokens=max_tokens
            )
        case "transformers", _ if name:
            from models.answer_models.transformers import TransformersAnswerModel

            return TransformersAnswerModel(name, timeout_s=timeout_s, max_tokens=max_tokens)
        case "fake", "":
            from models.answer_models.fake import FakeAnswerModel

            return FakeAnswerModel()
    forms = ("extractive", "openai:<model>@<base_url>", "transformers:<name or path>", "fake")
    raise _unknown("answer model", spec, forms)


def _unknown(kind: str, spec: str, forms: Iterable[str]) -> UnknownModelError:
    """Say what is known, and which of it the spec may have meant."""
    known = list(forms)
    runtimes = [form.partition(":")[0] for form in known]
    near = difflib.get_close_matches(spec.partition(":")[0].lower(), runtimes, n=1, cutoff=0.5)
    meant = f"; did you mean {known[runtimes.index(near[0])]!r}?" if near else ""
    return UnknownModelError(f"no {kind} {spec!r}; know {', '.join(map(repr, known))}{meant}")
