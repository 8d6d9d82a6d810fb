"""The accounts at identity vendors, from a file of the operator's.

``{"type": "credence/vendor-accounts/1", "accounts": {"sumsub": {"webhook_secrets": ["…"], "api_url": "https://api.sumsub.com",
"api_token": "…", "api_secret": "…"}}}``. There are one or two secrets: two while one of them is replaced.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from credence.circuits.errors import Malformed
from credence.circuits.fields import Fields
from credence.service.adapters.bundle import json_object
from credence.service.adapters.fetching import LOOPBACK, HttpFetch
from credence.service.adapters.onfido import ONFIDO
from credence.service.adapters.persona import PERSONA
from credence.service.adapters.sumsub import SUMSUB
from credence.service.adapters.vendor_results import Account, Vendor, VendorResults
from credence.service.adapters.veriff import VERIFF
from credence.service.errors import Misconfigured
from credence.service.issuer.evidence import EvidenceRefused

VENDORS: Final = {vendor.name: vendor for vendor in (SUMSUB, ONFIDO, PERSONA, VERIFF)}
MAX_SECRETS: Final = 2
MAX_BYTES: Final = 65_536


def read_accounts(path: Path) -> tuple[VendorResults, ...]:
    """The adapters of the accounts in a file.

    Raises :class:`~credence.service.errors.Misconfigured`, which names the vendor, for a file or an account that is not of
    this form, and for a secret that is empty: everybody could sign with that.
    """
    try:
        content = path.read_bytes()
        fields = Fields(json_object(content[: MAX_BYTES + 1]), "file")
        fields.choice("type", "credence/vendor-accounts/1")
        accounts = fields.nested("accounts")
        fields.done()
    except (OSError, Malformed, EvidenceRefused) as error:
        raise Misconfigured("CREDENCE_VENDOR_ACCOUNTS: the file cannot be read as accounts at vendors") from error
    return tuple(_adapter(name, accounts) for name in accounts.names())


def _adapter(name: str, accounts: Fields) -> VendorResults:
    vendor = VENDORS.get(name)
    if vendor is None:
        raise Misconfigured(f"CREDENCE_VENDOR_ACCOUNTS: the vendors are {', '.join(VENDORS)}")
    try:
        account = _account(vendor, accounts.nested(name))
    except (Malformed, ValueError) as error:
        raise Misconfigured(f"CREDENCE_VENDOR_ACCOUNTS, {name}: a secret, token or address is missing or none") from error
    return VendorResults(vendor, account, HttpFetch([urlsplit(account.api_url).netloc]))


def _account(vendor: Vendor, fields: Fields) -> Account:
    secrets = fields.texts("webhook_secrets", minimum=1, maximum=MAX_SECRETS)
    url, token = fields.text("api_url").rstrip("/"), fields.text("api_token")
    secret = fields.text("api_secret") if vendor.needs_api_secret else ""
    fields.done()
    parts = urlsplit(url)
    encrypted = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not encrypted or not parts.netloc or parts.query or parts.fragment or parts.username:
        raise ValueError("an absolute address, over TLS")
    if not all(text.isascii() for text in (token, secret)):
        raise ValueError("headers are ASCII")
    return Account(tuple(text.encode() for text in secrets), url, token, secret)
