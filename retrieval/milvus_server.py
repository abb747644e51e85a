"""A Milvus server as this index uses it: one client per process, its failures under our names, our collections."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any, Final

from foundation.logging import get_logger
from retrieval.errors import IndexNotInstalledError, IndexUnreachableError
from retrieval.index import ATTRIBUTES

_log = get_logger(__name__)
_CONNECT_S: Final = 10.0
_NOT_FOUND: Final = 100  # Milvus' code for a collection or alias that is not there
_STRONG: Final = "Strong"  # a search sees every write that returned before it began
_MOST_AT_ONCE: Final = 16_384  # rows Milvus gives for one query
_SHORT: Final = 4096  # bytes of an attribute
_LONG: Final = 65_535  # bytes, the most Milvus keeps in one field


class MilvusServer:
    """Calls by name, so that every one of them fails the same way: with IndexUnreachableError."""

    def __init__(self, uri: str, token: str) -> None:
        self._uri = uri
        self._token = token
        self._mutex = threading.Lock()
        self._client: Any = None

    def call(self, method: str, *arguments: Any, **named: Any) -> Any:
        """What the client's `method` returns. Raises IndexUnreachableError, IndexNotInstalledError."""
        exceptions = _pymilvus().exceptions
        try:
            return getattr(self._connected(), method)(*arguments, **named)
        except exceptions.MilvusException as error:
            if error.code == _NOT_FOUND:
                raise LookupError(str(error)) from error
            _log.warning("index_unreachable", call=method, reason=str(error))
            raise IndexUnreachableError from error

    def _connected(self) -> Any:
        with self._mutex:
            if self._client is None:
                # It logs every failure as an error with its traceback; we raise them.
                logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
                self._client = _pymilvus().MilvusClient(self._uri, token=self._token, timeout=_CONNECT_S)
            return self._client

    def create(self, name: str, fields: Sequence[tuple[str, str, dict[str, Any]]]) -> None:
        """Make and load a collection of (field, type, options); the first field is its key."""
        milvus = _pymilvus()
        schema = milvus.MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        indexes = milvus.MilvusClient.prepare_index_params()
        for number, (field, kind, options) in enumerate(fields):
            schema.add_field(field, milvus.DataType[kind], is_primary=number == 0, **options)
            if kind == "FLOAT_VECTOR":
                indexes.add_index(field, index_type="AUTOINDEX", metric_type="IP")
            elif kind == "SPARSE_FLOAT_VECTOR":
                indexes.add_index(field, index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
            elif field == "article_id":
                indexes.add_index(field, index_type="INVERTED")
        self.call("create_collection", name, schema=schema, consistency_level=_STRONG)
        self.call("create_index", name, indexes, sync=False)
        self.call("load_collection", name)

    def by_ids(self, name: str, ids: Sequence[int], fields: Sequence[str]) -> list[dict[str, Any]]:
        """The rows with these keys; unknown ones are left out."""
        rows: list[dict[str, Any]] = []
        for start in range(0, len(ids), _MOST_AT_ONCE):
            part = list(ids[start : start + _MOST_AT_ONCE])
            rows += self.call("query", name, ids=part, output_fields=list(fields), consistency_level=_STRONG)
        return rows

    def matching(self, name: str, expression: str, fields: Sequence[str]) -> list[dict[str, Any]]:
        """Every row an expression holds for, however many."""
        asked = {"filter": expression, "output_fields": list(fields), "consistency_level": _STRONG}
        rows: list[dict[str, Any]] = list(self.call("query", name, limit=_MOST_AT_ONCE, **asked))
        if len(rows) < _MOST_AT_ONCE:
            return rows
        pages, rows = self.call("query_iterator", name, batch_size=_MOST_AT_ONCE // 2, **asked), []
        while page := pages.next():
            rows += page
        pages.close()
        return rows

    def nearest(
        self, name: str, field: str, vectors: Sequence[Any], expression: str, limit: int
    ) -> list[list[tuple[int, float]]]:
        """For each vector the keys with the largest inner products, best first."""
        found = self.call(
            "search",
            name,
            data=list(vectors),
            anns_field=field,
            filter=expression,
            limit=min(limit, _MOST_AT_ONCE),
            output_fields=[],
            consistency_level=_STRONG,
        )
        return [[(int(hit["chunk_id"]), float(hit["distance"])) for hit in hits] for hits in found]


def passage_fields(dim: int) -> list[tuple[str, str, dict[str, Any]]]:
    """The collection of passages; rows with a negative key hold the index's own state."""
    attributes: list[tuple[str, str, dict[str, Any]]] = [
        (name, "VARCHAR", {"max_length": _SHORT}) for name in ATTRIBUTES
    ]
    return [
        ("chunk_id", "INT64", {}),
        ("article_id", "INT64", {}),
        *attributes,
        ("lengths", "VARCHAR", {"max_length": _SHORT}),  # words by field, as JSON
        ("payload", "VARCHAR", {"max_length": _LONG}),  # tokens in base 64; of a state row, its part
        ("embedding", "FLOAT_VECTOR", {"dim": dim}),
        ("words", "SPARSE_FLOAT_VECTOR", {}),
    ]


def term_fields() -> list[tuple[str, str, dict[str, Any]]]:
    """The collection that counts passages by component of their word vectors."""
    return [
        ("chunk_id", "INT64", {}),  # the component; named as the other collection's key
        ("holding", "INT64", {}),
        ("unused", "FLOAT_VECTOR", {"dim": 2}),  # a collection must have a vector
    ]


def _pymilvus() -> Any:
    try:
        import pymilvus
    except ImportError as error:
        raise IndexNotInstalledError("milvus") from error
    return pymilvus
