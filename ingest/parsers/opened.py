"""The inside of office files that are zip archives of XML: read with a bound, parsed without entities."""

from __future__ import annotations

import zipfile
from xml.etree.ElementTree import Element, ParseError

from ingest.errors import UnreadableFileError

_LARGEST_XML = 200 * 1024 * 1024


def member(archive: zipfile.ZipFile, name: str, *, largest: int = _LARGEST_XML) -> bytes:
    """The bytes of a part. Raises KeyError where there is none, UnreadableFileError `zip_bomb`."""
    info = archive.getinfo(name)
    with archive.open(info) as file:
        raw = file.read(largest + 1)  # never more than asked for, whatever the archive says of itself
    if len(raw) > largest:
        raise UnreadableFileError("zip_bomb", name[:80])
    return raw


def xml(raw: bytes, *, broken: str) -> Element:
    """The root of an XML document. Raises UnreadableFileError `broken`, `zip_bomb` where it declares entities."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(raw, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise UnreadableFileError("zip_bomb", "XML entities") from error
    except (ParseError, ValueError, LookupError) as error:
        raise UnreadableFileError(broken, type(error).__name__) from error
    return root
