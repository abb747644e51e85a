"""Prometheus metrics of this process."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("jieda_http_requests_total", "HTTP requests", ["method", "route", "status"])
SECONDS = Histogram(
    "jieda_http_request_seconds",
    "Time to answer an HTTP request",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
SOCKETS = Gauge("jieda_open_sockets", "Open WebSocket connections", ["kind"])
TURNS = Counter("jieda_turns_total", "Turns of conversations, by what came out", ["kind"])
