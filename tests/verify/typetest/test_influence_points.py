"""Every influence point by hand: current, wave, time, count and condition, from the standards' definitions.

IEC 62053-21:2003 table 8 (seen), 62053-22 by the French arrêté of 1 August 2013, annex 3 (seen); self-heating, no-load
time, switched waves and disturbing currents as recalled. Two meters: shop-3p, Ib = 5 A, Itr = 0.5 A, Imax = 100 A,
500 imp/kWh, three times 230 V, -25 to 55 degC; feeder-3p-ct, In = 1 A, Imax = 6 A, 20 000 imp/kWh, three times 57.7 V.
"""

from dataclasses import dataclass
from dataclasses import replace as but

import numpy as np
import pytest
from verify_helpers import shipped

from ferraris.hardware.platform.models import Platform
from ferraris.verify.limits import of_class
from ferraris.verify.typetest import judge
from ferraris.verify.typetest.plan import Case, Row
from ferraris.verify.typetest.points import NoLoad, Point, Repeats, Starting, Task, Tone
from ferraris.verify.typetest.waves import terminals

SHOP, FEEDER = shipped("shop-3p"), shipped("feeder-3p-ct")


@dataclass(frozen=True)
class Change:
    """What is measured, against what, and by what it is divided."""

    task: Task
    against: Point | None = None
    per: float = 1.0


def asked(platform: Platform, class_name: str, kind: str) -> set[Change]:
    limits = of_class(class_name, platform.meter.connection)
    assert limits is not None
    rows = [row for row in judge.entries(limits, platform) if isinstance(row, Row) and row.kind == kind]
    cases = [case for row in rows for case in row.cases]
    assert len(cases) == len(set(cases))
    return {Change(case.task, case.against, case.per) for case in cases if isinstance(case, Case)}


def changes(base: Point, *others: Point) -> set[Change]:
    return {Change(other, base) for other in others}


LOADS = {"shop": ((0.5, "1"), (5.0, "1"), (100.0, "1"), (1.0, "0.5i"), (5.0, "0.5i"), (100.0, "0.5i"))}
LOADS["feeder"] = ((0.1, "1"), (1.0, "1"), (6.0, "1"), (0.2, "0.5i"), (1.0, "0.5i"), (6.0, "0.5i"))
METERS = [(SHOP, "1", "shop"), (FEEDER, "0.2S", "feeder")]


@pytest.mark.parametrize(("platform", "class_name", "loads"), METERS)
def test_voltage_and_frequency(platform: Platform, class_name: str, loads: str) -> None:
    """±10 % of Un and ±2 % of fn, from 0.1 Iref at unity and 0.2 Iref at 0.5 inductive up to Imax."""
    points = [Point(current, factor) for current, factor in LOADS[loads]]
    wanted = [changes(each, but(each, voltage=0.9), but(each, voltage=1.1)) for each in points]
    assert asked(platform, class_name, "voltage") == set().union(*wanted)
    wanted = [changes(each, but(each, frequency=0.98), but(each, frequency=1.02)) for each in points]
    assert asked(platform, class_name, "frequency") == set().union(*wanted)


@pytest.mark.parametrize(("platform", "class_name", "iref"), [(SHOP, "1", 5.0), (FEEDER, "0.2S", 1.0)])
def test_severe_voltage(platform: Platform, class_name: str, iref: float) -> None:
    """0.8 to 0.9 and 1.1 to 1.15 Un at Iref, PF 1 and 0.5 inductive; below 0.8 Un the error itself counts."""
    found = asked(platform, class_name, "severe voltage")
    for factor in ("1", "0.5i"):
        base = Point(iref, factor)
        assert changes(base, *(but(base, voltage=u) for u in (0.8, 0.85, 1.15))) <= found
    low = {each for each in found if each.against is None}
    assert {each.task for each in low} == {Point(iref, voltage=u) for u in (0.7, 0.5, 0.2)}
    assert len(found) == 6 + 3


@pytest.mark.parametrize(("platform", "class_name", "iref"), [(SHOP, "1", 5.0), (FEEDER, "0.2S", 1.0)])
def test_three_phase_influences(platform: Platform, class_name: str, iref: float) -> None:
    """Sequence at 0.1 Iref; one and two phases interrupted at Iref; each element at Iref against all."""
    low, full = Point(0.1 * iref), Point(iref)
    assert asked(platform, class_name, "sequence") == changes(low, but(low, reversed_sequence=True))
    gone = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]
    assert asked(platform, class_name, "unbalance") == changes(full, *(but(full, interrupted=g) for g in gone))
    assert asked(platform, class_name, "difference") == changes(full, *(but(full, loaded=e) for e in range(3)))


@pytest.mark.parametrize(
    ("platform", "class_name", "kind", "current", "wave"),
    [
        (SHOP, "1", "fifth harmonic", 50.0, "fifth harmonic"),
        (SHOP, "1", "odd harmonics", 2.5, "phase-fired"),
        (SHOP, "1", "sub-harmonics", 2.5, "burst"),
        (SHOP, "1", "half wave", 100.0, "half wave"),
        (FEEDER, "0.2S", "fifth harmonic", 3.0, "fifth harmonic"),
        (FEEDER, "0.2S", "sub-harmonics", 0.5, "burst"),
    ],
)
def test_distorted_loads(platform: Platform, class_name: str, kind: str, current: float, wave: str) -> None:
    """0.5 Imax, 0.5 Iref, 0.5 Iref, and the half wave of Imax: each against the sine of the same current."""
    base = Point(current)
    assert asked(platform, class_name, kind) == changes(base, but(base, wave=wave))  # type: ignore[arg-type]


def current_a(point: Point, cycles: int) -> tuple[np.ndarray, np.ndarray]:
    """Time in ms from the voltage's rise through nought, and the current of L1, summed tone by tone."""
    mains = terminals(SHOP, point)
    first = mains.voltage_v[0, mains.orders == 1.0][0]
    ms = 20.0 * cycles * (np.arange(20_000 * cycles) + 0.5) / (20_000 * cycles)
    theta = 2.0 * np.pi * ms / 20.0 - np.pi / 2.0 - np.angle(first)
    size = np.where(mains.orders == 0.0, 1.0, np.sqrt(2.0))
    return ms, ((mains.current_a[0] * size) @ np.exp(1j * np.outer(mains.orders, theta))).real


def mean(ms: np.ndarray, wave: np.ndarray, begin: float, end: float) -> float:
    return float(wave[(ms > begin) & (ms < end)].mean())


def test_the_phase_fired_current_flows_from_5_to_10_and_from_15_to_20_ms() -> None:
    """Mean of a quarter of sqrt(2) sin is sqrt(2) 2/pi; where the gate is shut it is nought (the series rings)."""
    ms, wave = current_a(Point(1.0, wave="phase-fired"), 1)
    quarter = np.sqrt(2.0) * 2.0 / np.pi
    found = [mean(ms, wave, begin, begin + 5.0) for begin in (0.0, 5.0, 10.0, 15.0)]
    assert found == pytest.approx([0.0, quarter, 0.0, -quarter], abs=0.02)
    assert np.abs(wave[(ms > 1.0) & (ms < 4.0)]).max() < 0.1


def test_the_half_wave_of_imax_has_imax_over_root_2() -> None:
    """Mean of the conducting half is sqrt(2) 2/pi, the other is nought; 70.7 A RMS for 100 A."""
    ms, wave = current_a(Point(100.0, wave="half wave"), 1)
    assert mean(ms, wave, 0.0, 10.0) == pytest.approx(100.0 * np.sqrt(2.0) * 2.0 / np.pi, rel=1e-3)
    assert mean(ms, wave, 10.0, 20.0) == pytest.approx(0.0, abs=0.1)
    assert np.sqrt(np.mean(wave**2)) == pytest.approx(70.7107, rel=1e-3)


def test_bursts_are_two_cycles_on_and_two_off() -> None:
    ms, wave = current_a(Point(1.0, wave="burst"), 4)
    power = [float(np.mean(wave[(ms > 20.0 * k) & (ms < 20.0 * (k + 1))] ** 2)) for k in range(4)]
    assert power == pytest.approx([1.0, 1.0, 0.0, 0.0], abs=0.01)


def test_high_order_harmonics_and_disturbing_currents() -> None:
    """0.02 Un, then 0.1 Itr, from 15 to 40 fn at Itr; 2 A from 2 to 30 kHz and 1 A to 150 kHz at Iref."""
    found = asked(SHOP, "1", "high-order harmonics")
    assert {each.against for each in found} == {Point(0.5)}
    tones = [each.task.tone for each in found if isinstance(each.task, Point) and each.task.tone is not None]
    assert {(tone.voltage, round(tone.current_a, 9)) for tone in tones} == {(0.02, 0.0), (0.0, 0.05)}
    for kind in (True, False):
        orders = sorted(tone.order for tone in tones if (tone.voltage > 0.0) == kind)
        assert len(orders) == 6
        assert (round(orders[0]), round(orders[-1])) == (15, 40)
        assert all(order % 1.0 for order in orders), "asynchronous"
    wanted = {2.0: (2.0, 3.15, 7.95, 8.05, 15.95, 24.05), 1.0: (31.95, 48.05, 64.05, 100.05, 150.0)}
    base = Point(5.0)
    points = [but(base, tone=Tone(20.0 * f, 0.0, amperes)) for amperes, each in wanted.items() for f in each]
    assert asked(SHOP, "1", "2 to 150 kHz") == changes(base, *points)
    behind = asked(FEEDER, "0.2S", "2 to 150 kHz")  # 2 % and 1 % of 6 A
    sizes = {round(each.task.tone.current_a, 9) for each in behind if isinstance(each.task, Point) and each.task.tone}
    assert sizes == {0.12, 0.06}


def test_self_heating_is_an_hour_at_imax_in_the_air_it_warms() -> None:
    """At least an hour; shop-3p states 15 K of its enclosure, feeder-3p-ct 5 K: 38 and 28 degC inside."""
    for platform, name, imax, inside in ((SHOP, "1", 100.0, 38.0), (FEEDER, "0.2S", 6.0, 28.0)):
        cold = [Point(imax, factor) for factor in ("1", "0.5i")]
        warm = {Change(but(each, soak_s=3600.0, air_c=inside), each) for each in cold}
        assert asked(platform, name, "self-heating") == warm


def test_temperature_coefficients_are_means_over_20_k() -> None:
    """At both ends of -25 to 55 degC and around 23 degC, at the low current and at Iref."""
    wanted = {
        Change(Point(current, factor, air_c=start + 20.0), Point(current, factor, air_c=start), 20.0)
        for current, factor in ((0.5, "1"), (5.0, "1"), (1.0, "0.5i"), (5.0, "0.5i"))
        for start in (-25.0, 13.0, 35.0)
    }
    assert asked(SHOP, "1", "temperature") == wanted


def test_magnetic_induction() -> None:
    """At Iref: 0.5 mT alternating; 50 mT static."""
    points = {each.task for each in asked(SHOP, "1", "magnetic")}
    assert {each.against for each in asked(SHOP, "1", "magnetic")} == {Point(5.0)}
    found = {(each.alternating_t, each.static_t) for each in points if isinstance(each, Point)}
    assert found == {(0.5e-3, 0.0), (0.0, 0.05)}


@pytest.mark.parametrize(
    ("platform", "class_name", "minutes"),
    [
        (SHOP, "1", 600e6 / (500.0 * 3 * 230.0 * 100.0)),
        (SHOP, "2", 480e6 / (500.0 * 3 * 230.0 * 100.0)),
        (FEEDER, "0.2S", 900e6 / (20_000.0 * 3 * 57.7 * 6.0)),
    ],
)
def test_no_load_lasts_c_over_k_m_un_imax(platform: Platform, class_name: str, minutes: float) -> None:
    """C = 900 (0.2S), 600 (0.5S and 1), 480 (2); m = 3 elements; at 1.15 Un."""
    [found] = asked(platform, class_name, "no-load")
    assert isinstance(found.task, NoLoad)
    assert (found.task.energy, found.task.voltage) == ("active", 1.15)
    assert found.task.seconds == pytest.approx(60.0 * minutes)


def test_starting_and_repeatability() -> None:
    """0.004 Ib (0.001 In) in both directions within 1.5 times the exact time; five results in a row."""
    for platform, name, current in ((SHOP, "1", 0.020), (FEEDER, "0.2S", 0.001)):
        start = min(current, platform.firmware.start_a)
        wanted = {Starting(Point(start, export=export), 1.5) for export in (False, True)}
        assert {each.task for each in asked(platform, name, "starting")} == wanted
        repeats = [each.task for each in asked(platform, name, "repeatability")]
        assert {each.count for each in repeats if isinstance(each, Repeats)} == {5}
        assert {each.point.factor for each in repeats if isinstance(each, Repeats)} == {"1", "0.5i"}
