"""Denied decisions by the minute: counted with each decision, and a leaf of the log once the minute is over."""

from credence.service.verifier.denials.counting import Denials, claims, close_minutes, count_denied, denials_of

__all__ = ["Denials", "claims", "close_minutes", "count_denied", "denials_of"]
