"""The built web pages: widget and embed scripts, portal and console."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from foundation.errors import NotFoundError
from portal_api.problems import problem
from portal_api.rendering import to_html
from portal_api.static_files import STATIC

router = APIRouter(include_in_schema=False)

_PLAIN = """<style>
body { font: 16px/1.6 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
td { padding: 0.2rem 0.8rem; vertical-align: top } tr:target { background: #fff3bf }
</style>"""

_LONG = "public, max-age=31536000, immutable"  # built assets carry a hash in their name
_SHORT = "public, max-age=300"


class PageNotBuiltError(NotFoundError):
    """The web sources have not been built into portal_api/static."""

    code = "page_not_built"


def _file(path: Path, cache: str) -> Response:
    return FileResponse(path, headers={"Cache-Control": cache})


def home() -> Response:
    return RedirectResponse("/portal")


def _script_route(name: str) -> None:
    def serve() -> Response:
        path = STATIC / name
        if not path.is_file():
            raise PageNotBuiltError(f"{name} has not been built; run `make web`")
        return FileResponse(
            path,
            media_type="text/javascript",
            headers={"Cache-Control": _SHORT, "Access-Control-Allow-Origin": "*"},
        )

    router.add_api_route(f"/{name}", serve, methods=["GET", "HEAD"])


def _inside(root: Path, path: str) -> Path | None:
    """The file of the folder that a path names; None where it names none, or one outside."""
    try:
        wanted = (root / path).resolve()
        return wanted if wanted.is_relative_to(root.resolve()) and wanted.is_file() else None
    except (OSError, ValueError):
        return None  # longer than a name may be, or with characters no name has


def _app_route(name: str) -> None:
    root = STATIC / name

    def serve(path: str = "") -> Response:
        wanted = _inside(root, path) if path else None
        if wanted is not None:
            return _file(wanted, _LONG if "/assets/" in wanted.as_posix() else _SHORT)
        if path.startswith("assets/"):
            return problem(404, "not_found", f"there is no {path}")
        index = root / "index.html"
        if not index.is_file():
            raise PageNotBuiltError(f"the page {name} has not been built; run `make web`")
        return _file(index, "no-cache")

    router.add_api_route(f"/{name}", serve, methods=["GET", "HEAD"])
    router.add_api_route(f"/{name}/{{path:path}}", serve, methods=["GET", "HEAD"])


def api_page() -> Response:
    """The HTTP API, to read and to try."""
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Jieda API",
        swagger_js_url="/docs/swagger-ui-bundle.js",
        swagger_css_url="/docs/swagger-ui.css",
        swagger_favicon_url="data:,",
    )


def error_page() -> Response:
    """What every error code means: where the `type` of a problem document points to."""
    source = Path(__file__).parents[1] / "docs" / "errors.md"
    if not source.is_file():
        raise PageNotBuiltError("the documentation is not part of this installation")
    html = to_html(source.read_text("utf-8"))
    body = re.sub(r"<tr>\s*<td><code>(\w+)</code>", r'<tr id="\1"><td><code>\1</code>', html)
    return HTMLResponse(f"<!doctype html><meta charset=utf-8><title>Errors</title>{_PLAIN}{body}")


def _docs_asset(name: str) -> Response:
    path = STATIC / "docs" / name
    if name not in {"swagger-ui-bundle.js", "swagger-ui.css"} or not path.is_file():
        raise PageNotBuiltError(f"there is no {name}; run `make web`")
    return _file(path, _SHORT)


router.add_api_route("/docs", api_page, methods=["GET"])
router.add_api_route("/docs/errors", error_page, methods=["GET"])
router.add_api_route("/docs/{name}", _docs_asset, methods=["GET"])
router.add_api_route("/", home, methods=["GET"])
for _name in ("widget.js", "embed.js"):
    _script_route(_name)
for _name in ("portal", "console"):
    _app_route(_name)
