"""The original file of an article and pictures of its pages, under the same check as the article itself."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response

from foundation.access import Viewer
from foundation.db import ReadSession, read_session
from foundation.errors import NotFoundError
from ingest import files, page_images
from ingest.types import Box
from kb import service as kb
from kb.types import Source
from portal_api.dependencies import CurrentViewer, Reading

router = APIRouter(prefix="/api/v1", tags=["articles"])

# Shown in the browser; everything else is offered as a download, because a page or picture of
# somebody else's making must not run on our origin.
_INLINE = {"application/pdf", "text/plain"}
_PRIVATE = "private, no-cache"  # asked for anew each time: the article may be withdrawn or reserved meanwhile


@router.get("/articles/{article_id}/file", response_class=FileResponse)
def read_file(article_id: int, viewer: CurrentViewer, session: Reading) -> FileResponse:
    """The original file of an article.

    A source that several articles came from, such as a FAQ table, may hold rows of another audience;
    its file is for staff.
    """
    source, path = _original(session, viewer, article_id)
    name = quote(source.uri.rsplit("/", 1)[-1])
    inline = source.media_type in _INLINE
    disposition = f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{name}"
    return FileResponse(
        path,
        media_type=source.media_type if inline else "application/octet-stream",
        headers={"Content-Disposition": disposition, "Cache-Control": _PRIVATE},
    )


@router.get(
    "/articles/{article_id}/pages/{number}",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}, 304: {"description": "The picture has not changed."}},
)
def read_page(
    article_id: int,
    number: int,
    request: Request,
    viewer: CurrentViewer,
    chunk: Annotated[int | None, Query(description="The passage to mark, if it stands on this page.")] = None,
) -> Response:
    """A page of a PDF as a picture (PNG), with a passage's place marked; page numbers begin at 1."""
    with read_session() as session:  # closed before drawing, which may take seconds
        source, path = _original(session, viewer, article_id)
        box = _box(session, viewer, article_id, chunk, number) if chunk is not None else None
    if source.media_type != "application/pdf":
        raise NotFoundError("only PDFs have pages that can be drawn")
    tag = f'"{hashlib.blake2b(f"{path.name} {number} {box}".encode(), digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": _PRIVATE}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(page_images.draw(path, number, box), media_type="image/png", headers=headers)


def _original(session: ReadSession, viewer: Viewer, article_id: int) -> tuple[Source, Path]:
    article = kb.article(session, viewer, article_id)
    source = article.source
    if source is None or source.file_key is None:
        raise NotFoundError("this article has no original file")
    if not viewer.is_staff and not kb.may_read_whole_source(session, viewer, source.id):
        raise NotFoundError("this article has no original file")
    path = files.path_of(source.file_key)
    if not path.is_file():
        raise NotFoundError("the original file of this article is lost; ingest its source again")
    return source, path


def _box(session: ReadSession, viewer: Viewer, article_id: int, chunk_id: int, number: int) -> Box | None:
    found = kb.chunks(session, viewer, [chunk_id]).get(chunk_id)
    if (
        found is None
        or found.article_id != article_id
        or found.locator.page != number
        or found.locator.box is None
    ):
        return None
    left, top, right, bottom = found.locator.box
    return left, top, right, bottom
