"""Due diligence: from what evidence vouches for to a kyc_level, a risk_tier, how closely a person is watched and how long a
credential is valid, by one versioned table that is checked against named invariants when it is loaded."""

from credence.service.issuer.diligence.assessing import INTENSITIES, Assessment, DiligenceTable, Monitoring, age_on
from credence.service.issuer.diligence.demands import Demands
from credence.service.issuer.diligence.factors import Effect, Weighed
from credence.service.issuer.diligence.invariants import MAX_VALIDITY, MIN_VALIDITY, DiligenceError
from credence.service.issuer.diligence.parsing import SHIPPED, load_table, parse_table

__all__ = [
    "INTENSITIES",
    "MAX_VALIDITY",
    "MIN_VALIDITY",
    "SHIPPED",
    "Assessment",
    "Demands",
    "DiligenceError",
    "DiligenceTable",
    "Effect",
    "Monitoring",
    "Weighed",
    "age_on",
    "load_table",
    "parse_table",
]
