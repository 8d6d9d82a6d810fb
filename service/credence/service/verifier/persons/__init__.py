"""Persons: what a venue states of positions, added up over the accounts of the one person behind a pseudonym."""

from credence.service.verifier.persons.exposure import Exposure, NotStated
from credence.service.verifier.persons.whole import Overtaken, Person, keep, person_of, purge

__all__ = ["Exposure", "NotStated", "Overtaken", "Person", "keep", "person_of", "purge"]
