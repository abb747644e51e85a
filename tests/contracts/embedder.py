"""What every embedder promises; inherit and provide the `embedder` fixture."""

import numpy as np

from models.embedder import Embedder

TEXTS = [
    "如何开具电子发票？",
    "How do I issue an e-invoice?",
    "電機無法啟動",
    "Error E-203",
    "",
    "？！…",
    "😀",
    "発送",
]


class EmbedderContract:
    def test_rows_are_float32_of_the_stated_dim(self, embedder: Embedder) -> None:
        for rows in (embedder.embed_queries(TEXTS), embedder.embed_passages(TEXTS)):
            assert rows.dtype == np.float32
            assert rows.shape == (len(TEXTS), embedder.dim)

    def test_rows_have_length_one_even_without_words(self, embedder: Embedder) -> None:
        for rows in (embedder.embed_queries(TEXTS), embedder.embed_passages(TEXTS)):
            np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)

    def test_texts_without_words_share_one_vector(self, embedder: Embedder) -> None:
        rows = embedder.embed_passages(["", "   ", "？！…"])
        np.testing.assert_array_equal(rows[0], rows[1])
        np.testing.assert_array_equal(rows[0], rows[2])

    def test_a_row_does_not_depend_on_the_rest_of_the_batch(self, embedder: Embedder) -> None:
        together = embedder.embed_passages(TEXTS)
        alone = np.vstack([embedder.embed_passages([text]) for text in TEXTS])
        np.testing.assert_allclose(together, alone, atol=1e-6)

    def test_no_texts_give_no_rows(self, embedder: Embedder) -> None:
        assert embedder.embed_queries([]).shape == (0, embedder.dim)
        assert embedder.embed_passages([]).shape == (0, embedder.dim)

    def test_the_spec_names_the_runtime(self, embedder: Embedder) -> None:
        runtime, separator, version = embedder.spec.partition(":")
        assert runtime
        assert separator
        assert version

    def test_shared_words_are_nearer_than_none(self, embedder: Embedder) -> None:
        query, near, far = embedder.embed_passages(["电子发票 开具", "电子发票 下载", "温度 传感器"])
        assert query @ near > query @ far
