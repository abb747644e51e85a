"""The transformers adapter with a tiny random model, where the neural packages are installed."""

from __future__ import annotations

import pytest

from models import registry
from models.errors import ModelNotInstalledError, ModelUnavailableError
from models.types import Passage

PASSAGES = [Passage(1, "发票", "在费用中心开。")]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("torch")
    tokenizers = pytest.importorskip("tokenizers")
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    vocab = {"<unk>": 0, "</s>": 1} | {letter: n for n, letter in enumerate(letters, start=2)}
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocab, merges=[], unk_token="<unk>"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    config = transformers.LlamaConfig(
        vocab_size=len(vocab), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, max_position_embeddings=4096,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("tiny")
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder)
    return str(folder)


def test_it_streams_what_the_model_says_and_another_may_follow(tiny: str) -> None:
    model = registry.answer_model(f"transformers:{tiny}", timeout_s=60, max_tokens=24)
    assert model is not None
    first = model.compose("怎么开发票？", PASSAGES, lang="zh")
    next(first)
    first.close()  # type: ignore[attr-defined]
    assert list(model.compose("怎么开发票？", PASSAGES, lang="zh"))


def test_more_than_it_can_read_is_refused(tiny: str) -> None:
    model = registry.answer_model(f"transformers:{tiny}", timeout_s=60, max_tokens=24)
    assert model is not None
    with pytest.raises(ModelUnavailableError, match="more than it can read"):
        list(model.compose("?", [Passage(1, "t", "x" * 5000)], lang="en"))


def test_without_the_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(ModelNotInstalledError, match="neural"):
        registry.answer_model("transformers:nowhere")
