"""What is made wrong, and who is to notice: the verifier's own code, module by module, and the tests that answer for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ROOM: Final = "circuits/credence/circuits"
_HERE: Final = "tests/circuits"


@dataclass(frozen=True)
class Target:
    """A module below :data:`ROOM`. ``tests`` lie below tests/circuits, those that notice most first.

    ``prover`` are functions that a verifier never calls: they are left as they are.
    """

    module: str
    tests: tuple[str, ...]
    prover: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """From the repository's root."""
        return f"{ROOM}/{self.module}"

    @property
    def test_paths(self) -> tuple[str, ...]:
        """From the repository's root."""
        return tuple(f"{_HERE}/{name}" for name in self.tests)


_KNOWN: Final = "composite/test_known_answers.py"
_SIGMA: Final = (
    "sigma/test_known_answers.py",
    "sigma/test_relation.py",
    "sigma/test_statement.py",
    "sigma/test_transcript.py",
    "sigma/test_constraints.py",
    "sigma/test_weights.py",
    "sigma/test_proof.py",
    "sigma/test_weakened.py",
    "sigma/test_commitments.py",
)
_COMPOSITE: Final = (
    _KNOWN,
    "composite/test_completeness.py",
    "composite/test_soundness.py",
    "composite/test_claims.py",
    "composite/test_replays.py",
    "composite/test_weakened.py",
    "composite/test_weakened_plan.py",
    "composite/test_weakened_challenge.py",
)
_RENEWAL: Final = ("test_renewal_answers.py", "test_renewal_messages.py", "test_renewal.py", "test_renewed_standing.py")
_PRESENTATION: Final = (
    "test_presentation.py",
    "test_presentation_judged.py",
    "test_presentation_full.py",
    "test_presentation_bounds.py",
    "test_presentation_posterior.py",
)
_BBS: Final = ("bbs/test_known_answers.py", "bbs/test_official.py", "bbs/test_proof.py", "bbs/test_signature.py")

TARGETS: Final = (
    Target(
        "encoding.py",
        ("test_encoding.py", "test_encoding_lax_engine.py", _KNOWN),
        ("random_scalar",),
    ),
    Target(
        "sigma/transcript.py",
        _SIGMA,
        (
            *("serialize_varlen_string", "deserialize_varlen_string", "serialize_uint", "deserialize_uint"),
            *("serialize_field", "deserialize_field", "decode_field"),
        ),
    ),
    Target("sigma/relation.py", _SIGMA, ("LinearRelation.secret_sum", "parse_relation", "_count")),
    Target("sigma/constraints.py", _SIGMA, ("Constraint.lower", "parse_constraints")),
    Target(
        "sigma/statement.py",
        (*_SIGMA[:3], _KNOWN),
        ("Witness", "Template.commit", "Template.witness", "_value"),
    ),
    Target(
        "sigma/proof.py",
        _SIGMA,
        ("check_witness", "_check_constraints", "nonce_count", "hedged_nonces", "prove", "prove_with_nonces"),
    ),
    Target(
        "bbs/relation.py",
        ("bbs/test_relation.py", *_COMPOSITE[:4], _RENEWAL[0]),
        ("randomise", "pseudonym_point", "committed_point"),
    ),
    Target("bbs/proof.py", _BBS, ("core_proof_gen", "proof_gen")),
    Target("bbs/possession.py", _BBS, ("Proof.encode", "draw_scalars", "proof_init", "proof_finalize")),
    Target(
        "bbs/signature.py",
        _BBS,
        (
            "Signature.encode",
            "key_gen",
            "sk_to_pk",
            "check_secret_key",
            "multiply_blinded",
            "finalize_sign",
            "core_sign",
            "sign",
        ),
    ),
    Target("predicates/digits.py", ("predicates/test_digits.py", _KNOWN), ("bit_values",)),
    Target("predicates/range.py", ("predicates/test_range.py", _KNOWN), ("range_values",)),
    Target(
        "predicates/inequality.py",
        ("predicates/test_inequality.py", _KNOWN),
        ("at_least_values",),
    ),
    Target(
        "predicates/posterior.py",
        ("predicates/test_posterior.py", "composite/test_weakened_posterior.py", _KNOWN),
        ("either_values",),
    ),
    Target(
        "predicates/membership.py",
        ("predicates/test_membership.py", _KNOWN, "composite/test_weakened_constraints.py"),
        ("in_set_values", "not_in_set_values"),
    ),
    Target(
        "revocation.py",
        ("test_revocation.py", *_COMPOSITE[:4]),
        (
            "accumulator_public_key",
            "first_value",
            "divide",
            "catch_up",
            "_inverses",
            "RandomisedWitness",
            "randomise_witness",
        ),
    ),
    Target("ratelimit.py", ("test_ratelimit.py", *_COMPOSITE[:4]), ("use_tag_values", "use_tag_point")),
    Target("escrow/sealing.py", ("escrow/test_sealing.py", *_COMPOSITE[:4]), ("seal",)),
    Target("context.py", ("test_context.py", _KNOWN)),
    Target("composite/plan.py", ("composite/test_plan.py", "composite/test_weakened_posterior.py", *_COMPOSITE[:4])),
    Target("composite/assembly.py", ("composite/test_assembly.py", *_PRESENTATION, _KNOWN)),
    Target("composite/statement.py", (*_COMPOSITE, _RENEWAL[0])),
    Target("composite/public.py", ("composite/test_public.py", *_COMPOSITE[:4], *_PRESENTATION, _RENEWAL[0])),
    Target("composite/message.py", ("composite/test_message.py", *_COMPOSITE[:5]), ("encode",)),
    Target("composite/checking.py", (*_COMPOSITE, "test_presentation_bounds.py", _RENEWAL[2])),
    Target("presentation/statement.py", (*_PRESENTATION, _KNOWN)),
    Target("presentation/judging.py", _PRESENTATION),
    Target("renewal/statement.py", _RENEWAL),
    Target("renewal/checking.py", _RENEWAL),
    Target(
        "renewal/messages.py",
        _RENEWAL,
        ("RenewalAsk.to_json", "RenewalAsk.request", "RenewalRequest.to_json", "RenewedStanding.to_json"),
    ),
    Target(
        "revocation_log/staple.py",
        ("revocation_log/test_staple.py", "revocation_log/test_staple_bounds.py", "revocation_log/test_published.py"),
        ("CheckpointProof.to_json", "Delta.to_json", "Staple.to_json", "make_delta"),
    ),
    Target(
        "revocation_log/published.py",
        ("revocation_log/test_published.py", "revocation_log/test_staple.py", "revocation_log/test_following.py"),
        ("AccumulatorKey.to_json", "RevocationEvent.to_json"),
    ),
)
