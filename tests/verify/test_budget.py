"""The budget against hand arithmetic, and the yield against the normal distribution it must come from."""

from math import erf, hypot, sqrt

import numpy as np
import pytest
from verify_helpers import altered, shipped

from ferraris.hardware.chain.specimen import Corner, Nominal, Seed
from ferraris.hardware.platform.models import Platform
from ferraris.units import Toleranced
from ferraris.verify import budget as budgets
from ferraris.verify.accuracy import Condition, error_percent, production
from ferraris.verify.limits import ClassLimits, of_class
from ferraris.verify.table import table


def limits(name: str, connection: str = "direct") -> ClassLimits:
    found = of_class(name, connection)
    assert found is not None
    return found


def drifting(ppm_per_k: float) -> Platform:
    """The home meter with one drift that outweighs all others: that of its reference."""
    return altered(shipped("home-1p"), adc__reference_drift_ppm_per_k=Toleranced(0.0, ppm_per_k))


def test_contributions_are_ranked_and_their_sums_are_sums() -> None:
    home = shipped("home-1p")
    hot = Condition(5.0, "1", air_c=63.0)
    found = budgets.budget(home, hot, limits("B"))
    sizes = [share.size for share in found.shares]
    assert sizes == sorted(sizes, reverse=True)
    assert found.shares[0].name == "adc.reference_drift"
    drift = home.adc.reference_drift_ppm_per_k.tolerance
    # power moves by twice the reference; a rising reference lowers every code
    assert found.shares[0].high_percent == pytest.approx(-2e-4 * drift * 40.0, rel=0.01)
    assert found.shares[0].low_percent == pytest.approx(2e-4 * drift * 40.0, rel=0.01)
    assert found.root_sum_square == pytest.approx(hypot(*sizes))
    assert found.nominal == pytest.approx(float(error_percent(home, production(home, Nominal()), hot)))
    assert found.root_sum_square < abs(found.worst) <= (abs(found.nominal) + sum(sizes)) * 1.05


def test_the_margin_is_the_limit_less_the_error() -> None:
    found = budgets.budget(shipped("home-1p"), Condition(5.0, "1"), limits("B"))
    assert found.limit is not None
    assert found.limit.value == 1.0
    assert found.margin(found.worst) == pytest.approx(1.0 - abs(found.worst))


@pytest.mark.parametrize(
    ("current", "factor", "air_c", "expected"),
    [
        (0.3, "1", 23.0, 1.5),  # below Itr = 0.5 A
        (0.5, "1", 23.0, 1.0),
        (100.0, "0.8c", 23.0, 1.0),
        (5.0, "0.9i", 23.0, 1.0),
        (0.3, "0.5i", 23.0, None),  # class B has no row for it
        (5.0, "1", 43.0, 1.0 + 20.0 * 0.05),
        (5.0, "0.5i", 3.0, 1.0 + 20.0 * 0.07),
    ],
)
def test_the_limit_at_a_load_is_that_of_its_row(
    current: float, factor: str, air_c: float, expected: float | None
) -> None:
    found = budgets.limit_at(shipped("home-1p"), Condition(current, factor, air_c=air_c), limits("B"))
    assert (found and found.value) == (expected and pytest.approx(expected))


def test_single_phase_load_of_a_polyphase_meter_has_limits_of_its_own() -> None:
    shop = shipped("shop-3p")
    one = budgets.limit_at(shop, Condition(5.0, "1", single_phase=True), limits("C"))
    all_three = budgets.limit_at(shop, Condition(5.0, "1"), limits("C"))
    assert one is not None
    assert all_three is not None
    assert (one.value, all_three.value) == (1.0, 0.5)


@pytest.fixture(scope="module")
def spoilt() -> budgets.Run:
    """The yield of a meter whose reference drifts far too much."""
    run = budgets.yields(drifting(500.0), limits("B"), 1000)
    assert run is not None
    return run


def test_the_yield_is_what_the_normal_distribution_says(spoilt: budgets.Run) -> None:
    """The reference alone drifts, so far that the table's worst case is passed at a known number of sigmas."""
    platform, run = drifting(500.0), spoilt
    drawn = production(platform, Seed(1, 1000))
    case = run.tightest
    nominal = float(error_percent(platform, production(platform, Nominal()), case.condition))
    pushed = float(error_percent(platform, production(platform, Corner({"adc.reference_drift": 1.0})), case.condition))
    sigmas = [(sign * case.limit.value - nominal) / (pushed - nominal) * 3.0 for sign in (-1.0, 1.0)]
    inside = 0.5 * abs(erf(sigmas[0] / sqrt(2.0)) - erf(sigmas[1] / sqrt(2.0)))
    spread = float(np.std(error_percent(platform, drawn, case.condition)))
    assert spread == pytest.approx(abs(pushed - nominal) / 3.0 * 0.9867, rel=0.1)  # 0.9867: the cut at three sigma
    share = run.passed.good / run.passed.of
    # other rows and other tolerances take a little more; 1000 draws scatter by 0.8 %
    assert share == pytest.approx(inside, abs=0.03)
    assert run.passed.low < share < run.passed.high
    assert run.use > 1.0


def test_the_tolerance_that_costs_most_yield_is_named(spoilt: budgets.Run) -> None:
    run = spoilt
    assert run.costs[0].name == "adc.reference_drift"
    failing = 1.0 - run.passed.good / run.passed.of
    assert run.costs[0].share == pytest.approx(failing, abs=0.02), "without it nearly every meter passes"
    assert all(abs(cost.share) < 0.2 * failing for cost in run.costs[1:])


def test_nothing_costs_yield_where_every_meter_passes() -> None:
    run = budgets.yields(shipped("home-1p"), limits("B"), 200)
    assert run is not None
    assert (run.passed.good, run.costs) == (200, ())
    assert 0.0 < run.use < 1.0


def test_the_expected_error_holds_the_nominal_one() -> None:
    """3 % nominal and tolerances of 3 and 4 %: 3 + 5."""
    shares = (budgets.Share("a", -3.0, 2.0), budgets.Share("b", 1.0, 4.0))
    found = budgets.Budget(Condition(5.0, "1"), -3.0, shares, 10.0, None)
    assert found.expected == pytest.approx(8.0)


def test_what_a_tolerance_costs_is_what_it_gains_less_what_it_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 10 meters 4 fail. Rebuilt, 3 of the 4 pass and 2 of the 6 fail: (3 - 2) / 10, by a table that says so."""
    flags = np.array([False] * 4 + [True] * 6)
    rebuilt = np.array([True, True, True, False] + [False, False] + [True] * 4)
    monkeypatch.setattr(budgets, "kept", lambda _batch, _whole: rebuilt)
    home = shipped("home-1p")
    costs = list(budgets._costs(home, table(limits("B"), home), Seed(1, 10), flags, lambda *_: None))
    assert costs
    assert [cost.share for cost in costs] == pytest.approx([0.1] * len(costs))


@pytest.mark.parametrize("name", ["home-1p", "shop-3p"])
def test_the_same_meters_can_be_built_again_with_one_tolerance_nominal(name: str) -> None:
    platform, draw = shipped(name), Seed(5, 30)
    chosen = np.array([3, 17, 29])
    at = Condition(platform.meter.current.ref_a, "0.5i", air_c=40.0)
    whole = error_percent(platform, production(platform, draw), at)[chosen]
    again = error_percent(platform, production(platform, Corner(budgets.Again(draw, chosen, ()))), at)
    assert np.array_equal(again, whole)
    keys = ("adc.reference_drift",)
    without = error_percent(platform, production(platform, Corner(budgets.Again(draw, chosen, keys))), at)
    assert not np.allclose(without, whole, atol=1e-4)
