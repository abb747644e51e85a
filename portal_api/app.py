"""The web application: routes, error documents, pages, and what runs beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from foundation import logging
from foundation.settings import get_settings
from portal_api import pages, problems, sockets, wiring
from portal_api.inputs import InputGuard
from portal_api.middleware import RequestContext
from portal_api.routes import (
    article_files,
    articles,
    auth,
    completions,
    conversations,
    customers,
    desk,
    directory_exchange,
    form_editing,
    forms,
    gaps,
    glossary,
    jobs,
    macros,
    notifications,
    owned_products,
    profiles,
    reports,
    routing,
    rules,
    search,
    sources,
    suggestions,
    system,
    ticket_links,
    ticket_steps,
    tickets,
    webhooks,
    workflows,
)

_ROUTES = (
    auth, search, articles, article_files, glossary, gaps, suggestions, sources, jobs, conversations,
    tickets, ticket_steps, ticket_links, macros, forms, form_editing, workflows, customers, owned_products, profiles,
    directory_exchange, desk, routing, rules, webhooks, notifications, reports, completions, system,
)  # fmt: skip
_THREADS = 40  # requests served at a time; more only waits for the database


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
    running = await anyio.to_thread.run_sync(wiring.start, get_settings())
    app.state.running = running
    try:
        yield
    finally:
        await anyio.to_thread.run_sync(running.stop)


def create_app() -> FastAPI:
    """The application of this process, from its settings."""
    settings = get_settings()
    logging.configure(level=settings.log_level, log_format=settings.log_format)
    app = FastAPI(
        title="Jieda 解答",
        version="0.1.0",
        description="Answers first, people when it matters: knowledge and support in Chinese and English.",
        lifespan=_lifespan,
        docs_url=None,  # served by pages, from our own files: it must work without the internet
        redoc_url=None,
    )
    problems.install(app)
    for noun in _ROUTES:
        app.include_router(noun.router)
    app.include_router(sockets.router)
    app.include_router(pages.router)
    app.add_middleware(InputGuard)
    if settings.web.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.web.allowed_origins,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=[
                "Content-Type",
                "X-Conversation-Token",
                "X-Ticket-Token",
                "Authorization",
                "Accept",
            ],
        )
    app.add_middleware(RequestContext)
    return app
