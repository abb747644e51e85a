"""One answer model per runtime; `models.registry` picks by spec."""
