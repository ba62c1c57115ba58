"""Rows of a class, the arithmetic from observations to findings, and what a verdict may say."""

from math import sqrt

import pytest
from verify_helpers import altered, shipped

from ferraris.hardware.platform.catalogue import catalogue
from ferraris.hardware.platform.models import Platform, Rogowski
from ferraris.verify.finding import Finding, Incomplete, Limit, NotApplicable
from ferraris.verify.limits import CLASSES, REACTIVE_CLASSES, ClassLimits, Energy, of_class
from ferraris.verify.typetest import judge
from ferraris.verify.typetest.judge import Observations
from ferraris.verify.typetest.laboratory import Observation
from ferraris.verify.typetest.plan import TITLES, Case, Composite, Row
from ferraris.verify.typetest.points import Constant, NoLoad, Point, Starting

HOME, SHOP, FEEDER = shipped("home-1p"), shipped("shop-3p"), shipped("feeder-3p-ct")


def limits_of(name: str, platform: Platform, energy: Energy = "active") -> ClassLimits:
    found = of_class(name, platform.meter.connection, energy)
    assert found is not None
    return found


def rows_of(name: str, platform: Platform, kind: str, energy: Energy = "active") -> list[Row]:
    entries = judge.entries(limits_of(name, platform, energy), platform)
    return [each for each in entries if isinstance(each, Row) and each.kind == kind]


def flat(error: float, row: Row) -> Observations:
    return {task: Observation(error, "") for task in judge.wanted([row])}


# ------------------------------------------------------------------------------------------------ rows


@pytest.mark.parametrize("platform", [HOME, SHOP, FEEDER], ids=lambda each: each.meter.name)
@pytest.mark.parametrize("name", CLASSES)
def test_every_class_answers_for_every_kind_of_row(name: str, platform: Platform) -> None:
    """A kind is there as rows, as not applicable, or as a gap: never silently missing (composite: only A, B, C)."""
    kinds = {judge.kind_of(each) for each in judge.entries(limits_of(name, platform), platform)}
    absent = set(TITLES) - kinds
    allowed = {"composite"} if name not in {"A", "B", "C"} else set()
    allowed |= {"single-phase load"} if platform.elements == 1 else set()
    assert absent <= allowed


@pytest.mark.parametrize("name", REACTIVE_CLASSES)
def test_reactive_classes_have_load_thresholds_and_influences(name: str) -> None:
    entries = judge.entries(limits_of(name, SHOP, "reactive"), SHOP)
    kinds = {judge.kind_of(each) for each in entries}
    assert kinds >= {"load", "single-phase load", "starting", "no-load", "temperature", "voltage", "frequency"}
    points = [task for task in judge.wanted(entries) if isinstance(task, Point)]
    assert {point.energy for point in points} == {"reactive"}


def test_load_rows_are_tried_in_both_directions_and_on_each_element() -> None:
    for kind, loaded in (("load", {None}), ("single-phase load", {0, 1, 2})):
        points = [case.task for row in rows_of("C", SHOP, kind) for case in row.cases if isinstance(case, Case)]
        assert {point.export for point in points if isinstance(point, Point)} == {False, True}
        assert {point.loaded for point in points if isinstance(point, Point)} == loaded


def test_no_load_lasts_as_long_as_the_formula_says() -> None:
    """C 10^6 / (k m Un Imax) min: 600e6 / (1000 x 1 x 230 x 100) = 26.09 min; at 1.15 Un, one pulse at most."""
    [row] = rows_of("B", HOME, "no-load")
    [case] = row.cases
    assert isinstance(case, Case)
    assert case.task == NoLoad("active", 1.15, pytest.approx(26.087 * 60.0, rel=1e-4))
    assert case.limit.value == 1.0


def test_starting_is_tried_at_the_stated_current_or_at_that_of_the_class() -> None:
    """Class B, direct: 0.004 x 5 A (French arrêté of 1 August 2013, annex 4)."""

    def current(platform: Platform) -> float:
        case = rows_of("B", platform, "starting")[0].cases[0]
        assert isinstance(case, Case)
        assert isinstance(case.task, Starting)
        return case.task.point.current_a

    assert current(altered(HOME, firmware__start_a=0.010)) == 0.010
    assert current(altered(HOME, firmware__start_a=0.500)) == pytest.approx(0.020)


def test_the_meter_constant_is_tried_until_half_a_pulse_is_half_of_the_limit() -> None:
    """A tenth of 0.2 % is 0.02 %: one pulse in 5000."""
    [row] = rows_of("0.2S", FEEDER, "constant")
    case = row.cases[0]
    assert isinstance(case, Case)
    assert isinstance(case.task, Constant)
    assert (case.task.pulses, case.limit.value) == (5000, pytest.approx(0.02))
    assert case.limit.basis == "seen"


def test_a_sensor_that_says_nothing_of_heat_and_magnets_is_a_gap_and_not_a_pass() -> None:
    bare = altered(HOME, current__line__thermal_time_s=None, current__line__field_pickup_a_per_t=None)
    gaps = [each for each in judge.entries(limits_of("B", bare), bare) if isinstance(each, Incomplete)]
    assert {gap.item for gap in gaps} == {"self-heating", "magnetic"}
    assert all("no model" in gap.part for gap in gaps)


@pytest.mark.parametrize(("integrator", "gaps"), [("digital", 2), ("analog", 0)])
def test_a_coil_before_a_digital_integrator_leaves_the_fast_tones_open(integrator: str, gaps: int) -> None:
    """Its derivative has the 40th harmonic 40 times as large as the fundamental: nothing here sees that clip."""
    keys = {key: each.value for key, each in catalogue()["ROGOWSKI-500U"].values.items()}
    coil = Rogowski.model_validate({"kind": "rogowski"} | keys | {"integrator": integrator})
    platform = SHOP.model_copy(update={"current": SHOP.current.model_copy(update={"line": coil})})
    fast = {"high-order harmonics", "2 to 150 kHz"}
    found = [each for each in judge.entries(limits_of("C", platform), platform) if isinstance(each, Incomplete | Row)]
    assert [each.item for each in found if isinstance(each, Incomplete) and each.item in fast] == sorted(
        fast, reverse=True
    )[:gaps]
    assert {each.kind for each in found if isinstance(each, Row)} & fast == (set() if gaps else fast)


# ------------------------------------------------------------------------------------------------ arithmetic


def test_the_case_that_uses_most_of_its_limit_is_shown() -> None:
    near, far = Limit(1.0, "", "seen"), Limit(10.0, "", "seen")
    a, b = Point(1.0), Point(2.0)
    row = Row("load", "", "%", (Case(a, near), Case(b, far)))
    seen = {a: Observation(-0.9, ""), b: Observation(2.0, "")}
    found = judge.outcome(row, seen)
    assert isinstance(found, Finding)
    assert (found.measured, found.limit) == (0.9, near)


def test_a_change_is_taken_against_its_reference_and_a_coefficient_per_kelvin() -> None:
    a, b = Point(1.0), Point(1.0, air_c=43.0)
    seen = {a: Observation(0.2, ""), b: Observation(-0.4, "")}
    limit = Limit(1.0, "", "seen")
    assert judge.value(Case(b, limit, a), seen) == pytest.approx(0.6)
    assert judge.value(Case(b, limit, a, per=20.0), seen) == pytest.approx(0.03)
    assert judge.value(Case(b, limit, signed=True), seen) == pytest.approx(-0.4)


def test_a_composite_error_is_the_root_of_its_squares() -> None:
    """sqrt(0.3^2 + 0.4^2 + 1.2^2 + 0) = 1.3, with 0.3 intrinsic, 0.4 from temperature, 1.2 from voltage."""
    case = next(each for row in rows_of("B", HOME, "composite") for each in row.cases if isinstance(each, Composite))
    base = case.point(case.case.condition)
    seen: dict[object, Observation] = {}
    for task in judge.wanted([Row("composite", "", "%", (case,))]):
        assert isinstance(task, Point)
        error = 0.3 + 0.4 * (task.air_c != base.air_c) - 1.2 * (task.voltage == 1.1)
        seen[task] = Observation(error, "")
    assert judge.value(case, seen) == pytest.approx(sqrt(0.3**2 + 0.4**2 + 1.2**2))  # type: ignore[arg-type]


def test_a_constant_error_moves_no_influence() -> None:
    for kind in ("temperature", "voltage", "frequency", "sequence", "unbalance", "difference"):
        for row in rows_of("C", SHOP, kind):
            found = judge.outcome(row, flat(0.4, row))
            assert isinstance(found, Finding)
            assert found.measured == pytest.approx(0.0)


# ------------------------------------------------------------------------------------------------ verdict


def finding(item: str, basis: str, measured: float = 0.5) -> Finding:
    return Finding(item, "", measured, Limit(1.0, "", basis), "%", "")  # type: ignore[arg-type]


def test_without_a_load_row_on_a_seen_limit_there_is_no_plain_pass() -> None:
    recalled = [finding("load", "recalled"), finding("frequency", "seen")]
    assert judge.verdict(recalled).words == "pass on recalled limits"
    assert judge.verdict([*recalled, finding("load", "seen")]).words == "pass"
    assert judge.verdict([*recalled, finding("composite", "seen")]).words == "pass"


def test_rows_on_seen_and_recalled_limits_are_counted_apart() -> None:
    found = judge.verdict([
        finding("load", "seen"), finding("load", "seen", 2.0), finding("voltage", "recalled"),
        Incomplete("magnetic", "no model"), NotApplicable("sequence", "", ""),
    ])  # fmt: skip
    assert found == ("fail", (1, 1), (1, 0), 1, 1)


def test_a_gap_is_never_a_pass() -> None:
    assert judge.verdict([finding("load", "seen"), Incomplete("self-heating", "no model")]).words == "incomplete"


def test_the_worst_specimen_decides_and_the_range_is_kept() -> None:
    point = Point(1.0)
    row = Row("load", "", "%", (Case(point, Limit(1.0, "", "seen")),))
    [result] = judge.results([row], [{point: Observation(e, "")} for e in (0.2, -1.5, 0.4)])
    assert (result.outcome.verdict, result.low, result.high) == ("fail", 0.2, 1.5)
