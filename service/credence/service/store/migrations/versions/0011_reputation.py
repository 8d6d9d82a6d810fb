"""Reputation: what venues report, daily statistics, the market's hazard, files taken in, standings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision = "0010"
branch_labels: None = None
depends_on: None = None

# fmt: off
_SUMS_AND_MASKS = (
    "events", "fills", "cancels", "votes", "margin_calls", "liquidations", "option_fills", "account_days",
    "snapshots", "pnl_events", "snapshot_seconds", "leverage_ppm_seconds", "equity_hours", "self_matched",
    "option_delta_ppm", "option_gross_ppm", "notional", "maker_notional", "buy_notional", "fee", "pnl", "deposit",
    "withdrawal", "borrow", "repay", "funding", "trades", "wins", "liquidated", "bad_debt", "markout_10s",
    "markout_60s", "markout_300s", "markout_notional_10s", "markout_notional_60s", "markout_notional_300s",
    "day_exposed", "day_near_misses", "day_calls", "day_liquidations", "day_bad_debts", "leverage_0", "leverage_1",
    "leverage_2", "leverage_3", "leverage_4", "leverage_5", "leverage_6", "leverage_7", "leverage_8", "leverage_9",
    "round_trips", "exposed_hours", "near_miss_hours", "call_hours", "liquidation_hours", "bad_debt_hours",
)
# fmt: on


def _pseudonym(table: str) -> sa.CheckConstraint:
    return sa.CheckConstraint("length(pseudonym) = 48", name=op.f(f"ck_{table}_pseudonym_length"))


def _whole(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "reputation_events",
        _text("client_id", 128),
        _text("event_id", 128),
        _bytes("pseudonym"),
        _whole("at"),
        _bytes("digest"),
        sa.Column("content", sa.Text(), nullable=False),
        _whole("reported_at"),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_reputation_events_digest_length")),
        _pseudonym("reputation_events"),
        sa.PrimaryKeyConstraint("client_id", "event_id", name=op.f("pk_reputation_events")),
    )
    op.create_index(
        op.f("ix_reputation_events_client_id_pseudonym_at"), "reputation_events", ["client_id", "pseudonym", "at"]
    )
    op.create_table(
        "reputation_days",
        _text("client_id", 128),
        _bytes("pseudonym"),
        _key("day"),
        *map(_whole, _SUMS_AND_MASKS),
        *(_whole(name, nullable=True) for name in ("min_buffer_ppm", "opening", "closing")),
        _pseudonym("reputation_days"),
        sa.PrimaryKeyConstraint("client_id", "pseudonym", "day", name=op.f("pk_reputation_days")),
    )
    op.create_table(
        "reputation_cells",
        _text("client_id", 128),
        _bytes("pseudonym"),
        _key("minute"),
        _text("instrument", 32),
        _key("price"),
        _whole("bought"),
        _whole("sold"),
        _pseudonym("reputation_cells"),
        sa.PrimaryKeyConstraint("client_id", "pseudonym", "minute", "instrument", "price", name=op.f("pk_reputation_cells")),
    )
    op.create_table(
        "reputation_hazards",
        _text("series", 64),
        _key("day"),
        _whole("multiple_ppm"),
        sa.CheckConstraint("multiple_ppm > 0", name=op.f("ck_reputation_hazards_multiple_positive")),
        sa.PrimaryKeyConstraint("series", "day", name=op.f("pk_reputation_hazards")),
    )
    op.create_table(
        "reputation_files",
        _text("client_id", 128),
        _bytes("digest"),
        _text("mapping", 64),
        *map(_whole, ("lines", "accepted", "duplicates", "rejected")),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_reputation_files_digest_length")),
        sa.PrimaryKeyConstraint("client_id", "digest", "mapping", name=op.f("pk_reputation_files")),
    )
    op.create_table(
        "reputation_standings",
        _text("client_id", 128),
        _bytes("pseudonym"),
        _text("tier", 2),
        _whole("since_day"),
        _whole("evaluated_day"),
        sa.Column("state", sa.Text(), nullable=False),
        _whole("updated_at"),
        _whole("flagged_at", nullable=True),
        sa.CheckConstraint(
            "tier IN ('RX', 'R0', 'R1', 'R2', 'R3', 'R4', 'R5')", name=op.f("ck_reputation_standings_tier_known")
        ),
        _pseudonym("reputation_standings"),
        sa.PrimaryKeyConstraint("client_id", "pseudonym", name=op.f("pk_reputation_standings")),
    )


def downgrade() -> None:
    for name in ("standings", "files", "hazards", "cells", "days", "events"):
        op.drop_table(f"reputation_{name}")
