"""A spec string finds its model once per process; a wrong one says what was meant."""

import pytest

from models import registry
from models.embedders.builtin import BuiltinEmbedder
from models.errors import UnknownModelError


def test_a_spec_gives_one_instance_per_process() -> None:
    assert registry.embedder("fake:16") is registry.embedder("fake:16")
    assert registry.embedder("fake:16") is not registry.embedder("fake:8")
    assert registry.embedder("fake:8").dim == 8


def test_the_builtin_embedder_is_found_by_name_and_by_its_exact_version() -> None:
    builtin = registry.embedder("builtin")
    assert isinstance(builtin, BuiltinEmbedder)
    assert registry.embedder(builtin.spec).spec == builtin.spec


def test_another_version_of_the_builtin_embedder_is_refused() -> None:
    with pytest.raises(UnknownModelError, match="builtin:00000000 is not shipped here"):
        registry.embedder("builtin:00000000")


@pytest.mark.parametrize(
    ("spec", "meant"),
    [("builtn", "builtin"), ("Builtin", "builtin"), ("fke:16", "fake:<dim>"), ("st", "st:<name or path>")],
)
def test_a_near_miss_is_suggested(spec: str, meant: str) -> None:
    with pytest.raises(UnknownModelError, match="did you mean") as refused:
        registry.embedder(spec)
    assert f"did you mean {meant!r}?" in str(refused.value)
    assert (refused.value.code, refused.value.status) == ("unknown_model", 422)


@pytest.mark.parametrize("spec", ["", "fake:", "fake:0", "fake:x", "fake:-1", "bert", "st:"])
def test_an_embedder_spec_that_names_nothing_is_refused(spec: str) -> None:
    with pytest.raises(UnknownModelError, match="no embedder"):
        registry.embedder(spec)


def test_no_reranker_is_none() -> None:
    assert registry.reranker("none") is None


def test_a_reranker_is_found_and_scores_each_passage() -> None:
    reranker = registry.reranker("fake")
    assert reranker is not None
    scores = reranker.rank("重置密码", ["如何重置密码", "订单"])
    assert scores[0] > scores[1]


@pytest.mark.parametrize("spec", ["", "non", "fake:3", "st:", "cohere:x"])
def test_a_reranker_spec_that_names_nothing_is_refused(spec: str) -> None:
    with pytest.raises(UnknownModelError, match="no reranker"):
        registry.reranker(spec)


def test_extractive_answers_need_no_model() -> None:
    assert registry.answer_model("extractive") is None


def test_an_answer_model_names_model_and_address() -> None:
    model = registry.answer_model("openai:qwen3@http://127.0.0.1:9/v1")
    assert model is not None
    assert model.spec == "openai:qwen3@http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    "spec", ["openai:qwen3", "openai:@http://x", "openai:qwen3@ftp://x", "gpt", "fake:2"]
)
def test_an_answer_model_spec_that_names_nothing_is_refused(spec: str) -> None:
    with pytest.raises(UnknownModelError, match="no answer model"):
        registry.answer_model(spec)


def test_an_answer_models_key_is_not_part_of_its_spec() -> None:
    model = registry.answer_model("openai:qwen3@http://127.0.0.1:9/v1", api_key="hush")
    assert model is not None
    assert "hush" not in model.spec
