"""Write the encoder: `model.safetensors` (int8 rows, one scale each), `tokenizer.json`, and what names them.

The folder is the model for `BuiltinEmbedder` and for sentence-transformers 6.2 or later alike: `embeddings`,
`weights` are the names its StaticEmbedding reads, and `modules.json` adds the normalization.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

_MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"},
    {"idx": 1, "name": "1", "path": "", "type": "sentence_transformers.models.Normalize"},
]


def export(out: Path, vectors: NDArray[np.float32], idf: NDArray[np.float32], tokenizer: Tokenizer) -> str:
    """Write the folder and return its spec, which names the exact weights."""
    from safetensors.numpy import save

    out.mkdir(parents=True, exist_ok=True)
    scales = np.maximum(np.abs(vectors).max(axis=1), 1e-9) / 127.0
    rows = np.rint(vectors / scales[:, None]).astype(np.int8)
    tensors = {"embeddings": rows, "weights": scales.astype(np.float32), "idf": idf.astype(np.float32)}
    (out / "model.safetensors").write_bytes(save(tensors))
    tokenizer.save(str(out / "tokenizer.json"), pretty=False)
    _write(out / "modules.json", _MODULES)
    _write(out / "config_sentence_transformers.json", {"similarity_fn_name": "cosine"})
    digest = hashlib.sha256((out / "model.safetensors").read_bytes() + (out / "tokenizer.json").read_bytes())
    spec = f"builtin:{digest.hexdigest()[:8]}"
    _write(out / "jieda.json", {"spec": spec, "dim": vectors.shape[1], "vocab": len(vectors)})
    return spec


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
