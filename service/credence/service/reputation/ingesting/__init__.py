"""A venue's tables become events: a mapping says which column is what, and every row goes through the one door of events."""

from __future__ import annotations

from credence.service.reputation.ingesting.mapping import (
    SHIPPED,
    EventMapping,
    HazardMapping,
    Mapping,
    MappingRefused,
    WireMapping,
    load_mapping,
    parse_mapping,
)

__all__ = [
    "SHIPPED",
    "EventMapping",
    "HazardMapping",
    "Mapping",
    "MappingRefused",
    "WireMapping",
    "load_mapping",
    "parse_mapping",
]
