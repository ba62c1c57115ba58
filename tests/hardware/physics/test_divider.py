"""The divider's laws against hand arithmetic and a brute search of the tolerance box."""

from itertools import product
from math import isclose

import pytest

from ferraris.hardware.physics import divider


def test_ratio_counts_the_load_in_parallel_with_the_lower_resistor() -> None:
    assert isclose(divider.ratio(990e3, 1e3, 1e12), 1e3 / 991e3, rel_tol=1e-6)
    assert isclose(divider.ratio(990e3, 2e3, 2e3), 1e3 / 991e3)


def test_worst_share_is_the_worst_corner_of_the_tolerance_box() -> None:
    for count in (1, 2, 3, 5):
        corners = [c[0] / sum(c) for c in product((0.95, 1.05), repeat=count)]
        assert divider.worst_share(count, 0.05) == pytest.approx(max(corners), rel=1e-12)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_worst_power_is_the_worst_corner_of_the_tolerance_box(count: int) -> None:
    corners = [400.0**2 * c[0] * 330e3 / (sum(c) * 330e3) ** 2 for c in product((0.99, 1.01), repeat=count)]
    assert divider.worst_power_w(400.0, count, 330e3, 0.01) == pytest.approx(max(corners), rel=1e-12)


def test_leakage_of_a_microampere_in_a_kilohm_is_one_percent_of_a_hundred_millivolts() -> None:
    assert isclose(divider.leakage_error(1e-6, 1e3, 0.1), 0.01)
