"""The alternating field of a type test: a laboratory turns its coil until it finds the worst, and so must we."""

from itertools import product

import numpy as np
import pytest
from verify_helpers import altered, shipped

from ferraris.hardware.platform.models import Platform
from ferraris.verify.finding import Finding
from ferraris.verify.limits import of_class
from ferraris.verify.typetest import judge, laboratory
from ferraris.verify.typetest.influences import field_directions
from ferraris.verify.typetest.plan import Row


def finding(platform: Platform, class_name: str) -> Finding:
    limits = of_class(class_name, platform.meter.connection)
    assert limits is not None
    [row] = [
        each
        for each in judge.entries(limits, platform)
        if isinstance(each, Row) and each.kind == "magnetic" and "alternating" in each.name
    ]
    bench = laboratory.mount(platform, 1, "phasor")
    found = judge.outcome(row, {task: laboratory.observe(bench, task) for task in judge.wanted([row])})
    assert isinstance(found, Finding)
    return found


@pytest.mark.parametrize(("name", "class_name"), [("home-1p", "B"), ("shop-3p", "C"), ("feeder-3p-ct", "0.2S")])
def test_the_shipped_meters_stand_the_field(name: str, class_name: str) -> None:
    assert finding(shipped(name), class_name).verdict == "pass"


@pytest.mark.parametrize(
    ("name", "class_name", "percent"),
    [("home-1p", "B", 20.0), ("shop-3p", "C", 20.0 * 2.0 / 3.0), ("feeder-3p-ct", "0.2S", 100.0 * 2.0 / 3.0)],
)
def test_a_sensor_that_takes_up_much_fails(name: str, class_name: str, percent: float) -> None:
    """2000 A/T in 0.5 mT is 1 A, 20 % of 5 A and all of 1 A; of three elements two thirds (U1 - U2 - U3 = 2 U1)."""
    found = finding(altered(shipped(name), current__line__field_pickup_a_per_t=2000.0), class_name)
    assert found.verdict == "fail"
    assert found.measured == pytest.approx(percent, rel=0.01)


@pytest.mark.parametrize("elements", [1, 3])
def test_no_other_direction_or_phase_is_worse(elements: int) -> None:
    """Every sign of each sensor and every 5 degrees of phase, by the sum of U conj(s I) over the elements."""
    volts = np.exp(-2j * np.pi / 3.0 * np.arange(elements))

    def power(angle: float, signs: np.ndarray) -> float:
        return float(np.sum(volts * np.conj(signs * np.exp(1j * np.radians(angle)))).real)

    tried = [
        power(angle, np.where(np.isin(np.arange(elements), turned), -1.0, 1.0))
        for angle, turned in field_directions(elements)
    ]
    every = [power(a, np.array(s)) for a in range(0, 360, 5) for s in product((-1.0, 1.0), repeat=elements)]
    assert max(tried) == pytest.approx(max(every))
    assert min(tried) == pytest.approx(min(every))
    assert np.abs(tried) == pytest.approx([max(every)] * len(tried)), "each of them is one of the worst"
