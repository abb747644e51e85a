"""What retrieval refuses."""

from __future__ import annotations

from foundation.errors import InvalidInputError, NotFoundError, UnavailableError


class IndexNotReadyError(UnavailableError):
    """The index is being built from the database; trying again in a moment works."""

    code = "index_not_ready"

    def __init__(self) -> None:
        super().__init__("the search index is being built; try again in a moment")


class IndexBusyError(UnavailableError):
    """Another process has been writing the index for longer than we wait."""

    code = "index_busy"

    def __init__(self, path: str) -> None:
        super().__init__(f"another process is writing the index in {path}")


class IndexUnreachableError(UnavailableError):
    """The server that keeps the index does not answer, or refuses what we ask; the log says why."""

    code = "index_unreachable"

    def __init__(self) -> None:  # its address is nobody's business who only searches
        super().__init__("the server that keeps the search index does not answer; try again in a moment")


class IndexNotInstalledError(UnavailableError):
    """The client of this index is an optional extra that is not installed."""

    code = "index_not_installed"

    def __init__(self, extra: str) -> None:
        super().__init__(
            f"this index needs the optional packages of the {extra!r} extra: pip install 'jieda[{extra}]'"
        )
        self.extra = extra


class UnknownIndexError(InvalidInputError):
    """The setting names an index that does not exist."""

    code = "unknown_index"

    def __init__(self, spec: str) -> None:
        super().__init__(f"index {spec!r} is unknown; use `embedded` or `milvus:<uri>`")
        self.spec = spec


class ImpressionNotFoundError(NotFoundError):
    """No such impression, or it did not show this article."""

    code = "impression_not_found"

    def __init__(self, impression_id: str) -> None:
        super().__init__(f"there is no impression {impression_id!r}")
        self.impression_id = impression_id


class EvaluationDataError(InvalidInputError):
    """The folder does not hold a benchmark that can be read."""

    code = "bad_benchmark"
