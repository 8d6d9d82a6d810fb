"""Which format a list's file has, told by its beginning; and the file, read by that format."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from credence.service.adapters import eu_xml, ofac_xml, uk_xml, un_xml
from credence.service.adapters.list_file import read_list
from credence.service.adapters.list_source import Progress, open_list
from credence.service.adapters.ofac_csv import read_ofac
from credence.service.screening.lists import ListRefused, SanctionsList

Reader = Callable[[str, Path, Progress | None], SanctionsList]

READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "ofac-csv": read_ofac,
        "ofac-xml": ofac_xml.read_ofac_xml,
        "un-xml": un_xml.read_un,
        "eu-xml": eu_xml.read_eu,
        "uk-xml": uk_xml.read_uk,
        "json": read_list,
    }
)
"""Every format, by the name that commands call it by."""

UNSEEN: Final = frozenset({"ofac-xml", "eu-xml", "uk-xml"})
"""Those that were written from their publishers' schemas and were not seen against a published file."""

_ROOTS: Final = {ofac_xml.ROOT: "ofac-xml", un_xml.ROOT: "un-xml", eu_xml.ROOT: "eu-xml", uk_xml.ROOT: "uk-xml"}
_HEAD: Final = 4_096
_ROOT: Final = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)[\s>/]")
_TABLE: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:ent_num|[0-9]+),")


def format_of(path: Path) -> str:
    """The format of a file. Raises :class:`ListRefused` for a file that is missing or of none."""
    with open_list(path) as source:
        head = source.read(_HEAD).lstrip()
    if head.startswith(b"{"):
        return "json"
    if head.startswith((b"<", b"\xef\xbb\xbf<")):
        root = _ROOT.search(head)
        found = _ROOTS.get(root[1].decode("ascii")) if root is not None else None
        if found is not None:
            return found
    elif _TABLE.match(head):
        return "ofac-csv"
    raise ListRefused("a screening list is of none of the formats that are read")


def read_any(name: str, path: Path, progress: Progress | None = None) -> SanctionsList:
    """The list in a file, whichever format it has. Raises :class:`ListRefused`."""
    return READERS[format_of(path)](name, path, progress)
