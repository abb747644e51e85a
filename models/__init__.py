"""AI model adapters: embedders, rerankers, answer models, and the words every text is cut into.

Owns the contracts (`embedder`, `reranker`, `answer_model`), one adapter per runtime, the registry that
builds them from a spec string such as `builtin` or `st:BAAI/bge-m3`, the segmenter, and the zh-en encoder
shipped in `builtin/` with the code that trains it (`training/`). Imports foundation only; no torch at run time.
"""
