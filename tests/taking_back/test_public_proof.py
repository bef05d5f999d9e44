"""Books in which money went back, read by the verifier, which shares no code with their writer."""

from __future__ import annotations

from test_reinstatement import fill
from whole_fund import Fund

from fund.grants import commands as grants
from fund.kernel.money import Yen
from fund.publication.verifier.findings import Findings
from fund.publication.verifier.ledger import Ledger


def read_again(fund: Fund) -> Findings:
    """What the verifier finds in the public log."""
    fund.publish()
    ledger = Ledger(Findings())
    for no, body in fund.rows("SELECT no, body FROM public_entry ORDER BY no"):
        ledger.take(no, bytes(body))
    ledger.close()
    return ledger.findings


def test_every_yen_is_still_held_allocated_or_refunded(fund: Fund) -> None:
    first, second = fund.accepted(10_000), fund.accepted(20_000)
    award = fund.award(16_000)
    fund.allocate()
    fund.disburse(award, 9_000)
    fund.refund(first, 9_000)
    failed = fund.accepted(5_000)
    fund.refund(failed, 5_000)
    fund.control(f"refunds/{fund.refunds(failed)[0].provider_id}", status="failed")
    dispute = fund.dispute(second)
    fund.control(f"disputes/{dispute}/close", outcome="lost")
    fund.heal()
    assert fund.balance("assets:due-from-ward") > 0
    assert read_again(fund).ok
    fund.accepted(3_000)
    fill(fund)
    fund.accepted(15_000)
    fund.allocate()
    fund.disburse(award, fund.balance(f"committed:{award}"))
    paid = fund.rows("SELECT sum(yen) FROM disbursement WHERE state = 'paid'")[0][0]
    grants.confirm_settlement(
        fund.house,
        by=fund.officer,
        now=fund.now,
        award_no=award,
        spent=Yen(int(paid) - 7_000),
        returned=Yen(7_000),
        report="見本",
    )
    found = read_again(fund)
    assert found.ok, found.lines()
    assert fund.broken() == []
