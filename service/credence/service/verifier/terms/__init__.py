"""Terms: what one pseudonym gets from a tariff, and every reason for it."""

from credence.service.verifier.terms.answer import ClassTerms, Fees, Reason, Terms
from credence.service.verifier.terms.facts import Facts, FactsError
from credence.service.verifier.terms.pricing import expected_shortfall, terms_for

__all__ = ["ClassTerms", "Facts", "FactsError", "Fees", "Reason", "Terms", "expected_shortfall", "terms_for"]
