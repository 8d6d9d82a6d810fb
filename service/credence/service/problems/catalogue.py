"""What each kind of problem means, what to do about it, and whether to send the request again: one page for each slug.

This is the only place where it is written: ``/problems/{slug}`` serves it, and ``docs/problems`` is made of it by
``.ci/problem_pages.py``. A new row of :mod:`~credence.service.problems.table` gets a page here, and a test names whoever
forgets.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Retry(StrEnum):
    """Whether the same request may be sent again."""

    NO = "no"
    LATER = "later"
    SAME_KEY = "same-key"

    @property
    def words(self) -> str:
        """The same in a sentence."""
        return _WORDS[self]


_WORDS: Final = {
    Retry.NO: "No: the same request will be refused again.",
    Retry.LATER: "Yes, after as many seconds as `Retry-After` says: nothing was done.",
    Retry.SAME_KEY: "Yes, where it changes nothing or carries an `Idempotency-Key`, and then with the same key.",
}


@dataclass(frozen=True, slots=True)
class Page:
    """``meaning`` is what happened, ``remedy`` what whoever sent the request does about it, step by step."""

    meaning: str
    remedy: tuple[str, ...]
    retry: Retry


PAGES: Final = MappingProxyType(
    {
        "malformed": Page(
            "The request cannot be read, or does not fit the schema of the operation. Where the schema is not met, `errors`"
            " says in which places and which rule each breaks; what was sent is not repeated.",
            (
                "Compare the request with the OpenAPI document of this version of the service.",
                "Send strict JSON in UTF-8: no name twice in an object, no NaN, no number beyond a double, no NUL.",
                "A presentation or commitment that is refused here is no encoding of one: see what changed it on its way.",
            ),
            Retry.NO,
        ),
        "unauthorized": Page(
            "There is no API key or access token with the request, or none that is valid: unknown, malformed, expired or"
            " revoked. Which of these it is, is not said. Where a wallet claims a credential, the offer is meant.",
            (
                "Send `Authorization: Bearer …` with a key, or `Authorization: DPoP …` with a token and its proof.",
                "Ask for a new access token if yours may have run out, and see that your clock is right: proofs are dated.",
                "Ask the operator whether the key is still on the list.",
            ),
            Retry.NO,
        ),
        "forbidden": Page(
            "The key or token is valid and lacks the scope that this operation needs.",
            ("Look the operation's scope up in the OpenAPI document.", "Ask the operator for a key with that scope."),
            Retry.NO,
        ),
        "renewal-refused": Page(
            "The proof that was to renew a standing does not hold: of another session or venue, of a credential that has"
            " expired or was revoked, or changed on its way. Which of these it is, is not said.",
            (
                "Open a new session and prove anew, within its five minutes.",
                "Where your credential was revoked or has expired, have the issuer give you another one first.",
            ),
            Retry.NO,
        ),
        "not-found": Page(
            "There is no such resource, or it belongs to another client: the two look alike on purpose.",
            ("Check the address and the id.", "Use a key of the client to whom the resource belongs."),
            Retry.NO,
        ),
        "method-not-allowed": Page(
            "The resource exists and does not support this method; `Allow` lists those that it supports.",
            ("Use a method of that list.",),
            Retry.NO,
        ),
        "conflict": Page(
            "What was asked does not fit the present state of its object, such as deciding a case that is decided already.",
            ("Read the object's state, and decide anew whether there is still something to do.",),
            Retry.NO,
        ),
        "policy-version-exists": Page(
            "This version of the policy is registered and says something else. A version never changes.",
            ("Register the changed policy under a higher version.",),
            Retry.NO,
        ),
        "four-eyes-required": Page(
            "The decision departs from what the rules decided, such as approving a case in which a list's entry was found."
            " One person proposes that and another one approves it; a person is a client, whichever of its keys it uses.",
            (
                "Propose the decision, with a reason and a comment: `POST /v1/issuer/cases/{case_id}/proposals`.",
                "Where you proposed it yourself, have somebody approve it who has a client of their own.",
            ),
            Retry.NO,
        ),
        "proposal-open": Page(
            "The case has a proposal that waits for a second person, and it has one at a time.",
            (
                "Read the case's history: it names the proposal.",
                "Approve or reject that one; whoever made it may withdraw it. Then propose another.",
            ),
            Retry.NO,
        ),
        "retained": Page(
            "What is to be erased has to be kept: its term is not over, or somebody put it under a legal hold. The detail"
            " names the ground, and the day or the hold.",
            (
                "Ask again on that day. A service erases by itself what is due.",
                "Where it is under a legal hold, two reviewers lift it: `POST /v1/issuer/cases/{case_id}/orders`.",
                "Tell the person the ground and the day; nothing else may be read from this.",
            ),
            Retry.NO,
        ),
        "erased": Page(
            "The object was erased: its key was destroyed, and what is left of it is a random string, here and in any copy.",
            ("Nothing brings it back. Who holds a reference to it deletes that.",),
            Retry.NO,
        ),
        "reset-refused": Page(
            "The wallet has another recovery phrase than the one that the person's last credential was made with, and the"
            " issuer does not give another pseudonym now: the last one is too new, or somebody has to look at it first.",
            (
                "If you have the old phrase, restore a wallet from it and claim with that: it brings your pseudonyms back.",
                "Otherwise ask the issuer: it says from when on, or who decides. Then claim again.",
            ),
            Retry.NO,
        ),
        "credential-suspended": Page(
            "The issuer suspended the person's credential. Until that is lifted nothing is issued in its place.",
            ("Ask the issuer why, and what it takes to have it lifted. Then claim again with the same phrase.",),
            Retry.NO,
        ),
        "bad-nonce": Page(
            "The session is unknown, expired or closed, or its nonce was used: one answer for all of these.",
            (
                "A venue reads its session: the decision may be there already, if an answer was lost on its way.",
                "Otherwise open a new session; a wallet asks the venue for one.",
            ),
            Retry.NO,
        ),
        "already-used": Page(
            "The use of the policy's rate limit that this proof shows was spent before. The session is still open.",
            (
                "Make a new proof that shows the next use. The SDK does so by itself, once for each answer.",
                "Where all uses are spent, wait for the next hour or day.",
            ),
            Retry.NO,
        ),
        "idempotency-in-progress": Page(
            "A request with the same idempotency key has not finished yet.",
            (
                "Wait as long as `Retry-After` says.",
                "Send the same request with the same key: you get the first one's answer.",
            ),
            Retry.SAME_KEY,
        ),
        "idempotency-key-reused": Page(
            "The idempotency key was used before with another request.",
            (
                "Take a new key for a new request.",
                "Keep a key for one request alone, also across restarts of your own service.",
            ),
            Retry.NO,
        ),
        "too-large": Page(
            "The body is larger than the service reads.",
            ("Send less. No request of this API is larger than 64 KiB.",),
            Retry.NO,
        ),
        "unsupported-media-type": Page(
            "The body is not of the media type, character set or content coding that the operation reads.",
            (
                "Send `Content-Type: application/json`; the token endpoint alone takes `application/x-www-form-urlencoded`.",
                "Do not compress the body.",
            ),
            Retry.NO,
        ),
        "rate-limited": Page(
            "The client, or the address it calls from, asks too often; `limit` names what for. Nothing was done.",
            ("Wait as long as `Retry-After` says, and spread your requests.", "Ask the operator if you need more."),
            Retry.LATER,
        ),
        "internal": Page(
            "The service failed in a way that nobody foresaw. What was asked may have been done or not.",
            (
                "Read the object's state before you ask for the same thing again.",
                "Tell the operator the `request_id`; there is nothing else that could be told.",
            ),
            Retry.SAME_KEY,
        ),
        "unavailable": Page(
            "A part of the service that this needs does not answer, or is not ready. Almost always nothing was done; only"
            " where a database broke off in the middle of a commit it may have been.",
            ("Wait as long as `Retry-After` says.", "If it lasts, ask the operator, who sees the cause at `/readyz`."),
            Retry.SAME_KEY,
        ),
        "overloaded": Page(
            "The service has more to do than it can, and refuses at once what it would not get to in time. Nothing was"
            " done.",
            ("Wait as long as `Retry-After` says, longer each time, and by a time that differs from one try to the next.",),
            Retry.LATER,
        ),
        "no-answer": Page(
            "What stands before the service got no answer from it in time. The service itself never says this. What was"
            " asked may have been done or not.",
            (
                "Send the same request with the same `Idempotency-Key`: you get the first one's answer if there is one.",
                "Without a key, read the object's state first.",
            ),
            Retry.SAME_KEY,
        ),
    }
)
