"""Manufacture: tolerances are drawn by name, inside their limits, and the same name always draws the same."""

import numpy as np
import pytest

from ferraris.hardware.chain.specimen import Corner, Ideal, Nominal, Seed, manufacture, tolerances
from ferraris.hardware.platform.models import Platform


def test_nominal_shunt_meter_has_the_sensitivities_of_its_file(home: Platform) -> None:
    specimen = manufacture(home, Nominal())
    divider = home.voltage
    lower = 1.0 / (1.0 / divider.lower.nominal + 1.0 / home.adc.input_ohm)
    ratio = lower / (divider.upper_count * divider.upper.nominal + lower)
    assert specimen.sensitivity[0] == pytest.approx(ratio, rel=1e-12)
    assert specimen.sensitivity[1] == pytest.approx(home.current.line.resistance.nominal, rel=1e-12)  # type: ignore[union-attr]
    assert specimen.channels == 3
    assert specimen.neutral


def test_a_batch_has_a_leading_axis_and_stays_inside_every_tolerance(shop: Platform) -> None:
    specimen = manufacture(shop, Seed(1, count=500))
    nominal = manufacture(shop, Nominal())
    ct = shop.current.line
    spread = ct.burden.tolerance / ct.burden.nominal + ct.ratio_tolerance  # type: ignore[union-attr]
    assert specimen.batch == (500,)
    relative = specimen.sensitivity[:, 3:6] / nominal.sensitivity[3:6] - 1.0
    assert np.abs(relative).max() <= spread * 1.01
    assert relative.std() > 0.1 * spread


def test_elements_are_drawn_apart(shop: Platform) -> None:
    specimen = manufacture(shop, Seed(3))
    assert len(set(specimen.sensitivity[3:6].tolist())) == 3


def test_a_stream_depends_on_its_name_and_not_on_what_was_drawn_before(home: Platform, shop: Platform) -> None:
    wider = shop.model_copy(update={"current": home.current.model_copy(update={"line": shop.current.line})})
    plain = manufacture(shop, Seed(9))
    extended = manufacture(wider, Seed(9))
    assert extended.neutral
    assert not np.array_equal(plain.sensitivity.shape, extended.sensitivity.shape) or plain.neutral
    assert plain.sensitivity[:6].tolist() == extended.sensitivity[:6].tolist()


def test_a_corner_moves_the_named_tolerance_alone(home: Platform) -> None:
    nominal = manufacture(home, Nominal())
    pushed = manufacture(home, Corner({"current.line.resistance": 1.0}))
    shunt = home.current.line
    assert pushed.sensitivity[1] / nominal.sensitivity[1] == pytest.approx(
        1.0 + shunt.resistance.tolerance / shunt.resistance.nominal  # type: ignore[union-attr]
    )
    assert pushed.sensitivity[0] == nominal.sensitivity[0]


def test_every_tolerance_name_moves_something(shop: Platform) -> None:
    nominal = manufacture(shop, Nominal())
    for name in tolerances(shop):
        pushed = manufacture(shop, Corner({name: 1.0}))
        moved = [
            field
            for field, value in vars(nominal).items()
            if isinstance(value, np.ndarray) and not np.array_equal(value, getattr(pushed, field))
        ]
        assert moved, f"{name} has no effect"


def test_an_ideal_specimen_has_no_imperfection_left(shop: Platform) -> None:
    ideal = manufacture(shop, Ideal())
    for name in ("lead_s", "corner_rad_s", "filter_s", "gain_per_k", "drift_per_k", "offset", "noise", "crosstalk"):
        assert not getattr(ideal, name).any(), name
