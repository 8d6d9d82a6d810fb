"""Does an audit find a registration that was changed?"""

from __future__ import annotations

import pytest
from sqlalchemy import text

from credence.service.ledger import Fault, LedgerDamaged
from tests.service.auth.conftest import Office


@pytest.mark.parametrize("change", ["role = 'operator'", "role = 'nonsense'", "registered_at = 1"])
def test_a_registration_that_says_something_else_is_found(office: Office, change: str) -> None:
    ledger = office.running.services.ledger
    ledger.sequence()
    assert ledger.verify().entries == 1
    with office.running.services.store("auth").transaction() as session:
        assert session.connection().execute(text(f"UPDATE auth_registrations SET {change}")).rowcount == 1
    with pytest.raises(LedgerDamaged) as damaged:
        ledger.verify()
    assert [(finding.fault, finding.index) for finding in damaged.value.findings] == [(Fault.UNOPENED, 0)]
