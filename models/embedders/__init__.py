"""One embedder per runtime; `models.registry` picks by spec."""
