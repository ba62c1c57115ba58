"""From registers to what is shown, at the edges: the last quantum of a watt-hour, the last ampere before 64 bits."""

from dataclasses import replace
from fractions import Fraction

import pytest

from bench_rig import configuration
from ferraris.firmware.billing.registers import Register
from ferraris.firmware.meter import show
from ferraris.firmware.meter.config import Transformers


@pytest.mark.parametrize(("remainder", "expected"), [(5_714_285, 0), (5_714_286, 1)])
def test_the_remainder_counts_where_a_ratio_makes_it_large(remainder: int, expected: int) -> None:
    """Seven times 514 285 mWs lack 5 mWs of 3600 Ws: 5/7 of a mWs, that is of 8 000 000 quanta, and not one less."""
    assert show.watt_hours(Register(514_285, remainder), Fraction(7)) == expected


@pytest.mark.parametrize(("ratio", "wide"), [(124, False), (125, True), (200, True)])
def test_64_bits_are_needed_from_where_1500_hours_at_full_load_pass_32(ratio: int, wide: bool) -> None:
    """230 V and 100 A are 34.5 MWh in 1500 h; 2^32 Wh is 4294.97 MWh: 124.49 times that."""
    transformers = Transformers((Fraction(ratio), Fraction(1)), (Fraction(1), Fraction(1)), "primary")
    config = replace(configuration(), transformers=transformers)
    assert show.needs_64_bits(config, "primary") is wide
    assert not show.needs_64_bits(config, "secondary")
