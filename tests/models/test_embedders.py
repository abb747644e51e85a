"""Every embedder that runs offline keeps the contract; the built-in one knows two languages and three spellings."""

import sys
from pathlib import Path

import numpy as np
import pytest

from models.embedder import Embedder, TokenEmbedder
from models.embedders.builtin import WEIGHTS, BuiltinEmbedder
from models.embedders.fake import FakeEmbedder
from models.embedders.sentence_transformers import SentenceTransformerEmbedder
from models.errors import ModelNotInstalledError
from tests.contracts.embedder import EmbedderContract

BUILTIN = BuiltinEmbedder()


class TestFakeEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return FakeEmbedder(64)

    def test_another_process_would_give_the_same_numbers(self) -> None:
        row = FakeEmbedder(4).embed_queries(["发票"])[0]
        np.testing.assert_allclose(row, [-0.98984712, -0.09104364, 0.10692038, 0.02194991], atol=1e-6)


class TestBuiltinEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return BUILTIN

    @pytest.mark.parametrize(
        ("query", "right", "wrong"),
        [
            ("发票", "invoice", "motor"),
            ("How do I reset my password?", "如何重置密码？", "如何更换电池？"),
            ("无法连接到数据库", "cannot connect to the database", "the order was shipped yesterday"),
            ("怎么申请退款", "request a refund", "install the driver"),
            ("update the firmware", "升级固件", "删除联系人"),
        ],
    )
    def test_a_translation_is_nearer_than_another_subject(
        self, embedder: Embedder, query: str, right: str, wrong: str
    ) -> None:
        asked = embedder.embed_queries([query])[0]
        same, other = embedder.embed_passages([right, wrong])
        assert asked @ same > asked @ other + 0.1

    def test_traditional_and_full_width_spellings_are_the_same_text(self, embedder: Embedder) -> None:
        rows = embedder.embed_queries(["如何開立電子發票 e-203", "如何开立电子发票 Ｅ－２０３"])
        np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)

    def test_a_character_that_folds_by_word_is_the_same_text_too(self, embedder: Embedder) -> None:
        rows = embedder.embed_queries(["瞭解退款流程", "了解退款流程"])
        np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)

    def test_a_misspelt_word_stays_nearer_than_another_subject(self, embedder: Embedder) -> None:
        asked = embedder.embed_queries(["reset my pasword"])[0]
        same, other = embedder.embed_passages(["how to reset a password", "connect the sensor cable"])
        assert asked @ same > asked @ other

    def test_tokens_embed_like_their_text(self) -> None:
        embedder = BUILTIN
        texts = ["电子发票", "How to reset a password", ""]
        by_tokens = embedder.embed_tokens([embedder.token_ids(text) for text in texts])
        np.testing.assert_allclose(by_tokens, embedder.embed_passages(texts), atol=1e-6)

    def test_a_changed_copy_of_the_weights_is_never_written_back(self) -> None:
        assert not BUILTIN._vectors.flags.writeable


class TestLateInteraction:
    @pytest.fixture
    def embedder(self) -> TokenEmbedder:
        assert isinstance(BUILTIN, TokenEmbedder)
        return BUILTIN

    def test_scores_equal_the_formula(self, embedder: TokenEmbedder) -> None:
        query = embedder.token_ids("如何重置管理员密码")
        passages = [
            embedder.token_ids(text) for text in ("reset the admin password 密码", "订单", "重置 密码 密码")
        ]
        weights = embedder.token_weights(query)
        vectors = embedder.token_vectors(query)
        expected = [
            float((vectors @ embedder.token_vectors(passage).T).max(axis=1) @ weights / weights.sum())
            for passage in passages
        ]
        np.testing.assert_allclose(embedder.maxsim(query, passages), expected, atol=1e-5)

    def test_the_same_text_scores_one(self, embedder: TokenEmbedder) -> None:
        ids = embedder.token_ids("reset the password")
        np.testing.assert_allclose(embedder.maxsim(ids, [ids]), [1.0], atol=1e-3)

    def test_empty_sides_score_zero(self, embedder: TokenEmbedder) -> None:
        ids, nothing = embedder.token_ids("密码"), embedder.token_ids("？")
        assert embedder.maxsim(nothing, [ids]).tolist() == [0.0]
        scores = embedder.maxsim(ids, [nothing, ids, nothing])
        assert scores[0] == scores[2] == 0.0
        assert scores[1] > 0.9
        assert embedder.maxsim(ids, []).shape == (0,)

    def test_token_vectors_have_length_one_and_weights_are_positive(self, embedder: TokenEmbedder) -> None:
        ids = embedder.token_ids("电子发票 e-invoice PPR-9087")
        np.testing.assert_allclose(np.linalg.norm(embedder.token_vectors(ids), axis=1), 1.0, atol=1e-3)
        assert (embedder.token_weights(ids) > 0).all()

    def test_a_rare_word_weighs_more_than_a_common_one(self, embedder: TokenEmbedder) -> None:
        rare, common = embedder.token_weights(embedder.token_ids("固件 的"))
        assert rare > common


def test_the_model_card_describes_the_weights_that_are_shipped() -> None:
    card = Path(__file__).parents[2] / "docs" / "model-card.md"
    assert f"`{BUILTIN.spec}`" in card.read_text(encoding="utf-8")


def test_the_shipped_model_stays_within_sixteen_megabytes() -> None:
    assert sum(path.stat().st_size for path in WEIGHTS.iterdir()) < 16e6


def test_a_missing_runtime_names_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ModelNotInstalledError, match=r"jieda\[neural\]") as refused:
        SentenceTransformerEmbedder("BAAI/bge-m3")
    assert (refused.value.code, refused.value.status) == ("model_not_installed", 503)


def test_the_shipped_folder_loads_in_sentence_transformers_with_equal_vectors() -> None:
    sentence_transformers = pytest.importorskip("sentence_transformers", minversion="6.2")
    texts = ["如何開立電子發票？", "How do I reset my password?", "ESP32-S3 GPIO 12"]
    theirs = sentence_transformers.SentenceTransformer(str(WEIGHTS), device="cpu").encode(texts)
    np.testing.assert_allclose(theirs, BUILTIN.embed_passages(texts), atol=1e-5)
