"""One reranker per runtime; `models.registry` picks by spec."""
