"""Does this build do what the published test vectors say? :func:`run` walks a folder of them and reports.

Files are recognised by what is in them, so an upstream checkout's fixture folder serves as well as our own layout. Every
value in a recognised file is checked byte for byte: what can be made is made again, what is invalid must be refused.
Files nobody here reads are listed as skipped, with the reason: silence is not success.

A corpus of malicious presentations comes with the build (``malicious.json``; tests/service/conformance/malicious makes it),
and :func:`flip_bits` turns every bit of a whole proof.
"""

from credence.service.conformance.bit_flips import flip_bits
from credence.service.conformance.presentation_vectors import SUITE as MALICIOUS
from credence.service.conformance.report import Report, SuiteResult
from credence.service.conformance.runner import NoVectors, run

__all__ = ["MALICIOUS", "NoVectors", "Report", "SuiteResult", "flip_bits", "run"]
