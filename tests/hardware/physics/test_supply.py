"""The failing supply: by hand arithmetic, against a model that steps through time, and whatever the cut of time."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.hardware.draws import Corner, Nominal, Seed
from ferraris.hardware.physics import supply as supplies
from ferraris.hardware.physics.supply import (
    Crossing,
    PowerSupply,
    SupplyState,
    bulk_v,
    crossed,
    energy_fj,
    energy_for_commit_j,
    fed,
    next_crossing,
    power_supply,
    programmable_bytes,
    settled,
    switched_on,
)
from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Platform

PLATFORMS = Path(__file__).resolve().parents[3] / "platforms"
HOME, SHOP, FLAWED = (load(PLATFORMS / f"{name}.toml") for name in ("home-1p", "shop-3p", "flawed-1p"))
MS = 1_000_000

ROUND = PowerSupply(
    capacitance_f=1e-3,
    minimum_v=5.0,
    full_fj=60 * 10**12,
    restart_fj=40 * 10**12,
    load_uw=1_000_000,
    failing_uw=100_000,
    recharge_uw=2_000_000,
    detect_ns=20 * MS,
    boot_ns=300 * MS,
    dropout=0.6,
    pickup=0.7,
    efficiency=0.8,
)
"""60 mJ, 1 W, 0.1 W after the alarm, 2 W to recharge: 60 ms under load; after an alarm at 20 ms 400 ms more."""


def made(platform: Platform, draw: Nominal | Corner | Seed, years: float = 0.0, air_c: float = 20.0) -> PowerSupply:
    found = power_supply(platform, draw, years, air_c)
    assert found is not None
    return found


def story(supply: PowerSupply, state: SupplyState, until_ns: int) -> list[tuple[float, str]]:
    """Everything that is crossed, in milliseconds."""
    found = []
    while (ahead := next_crossing(supply, state)) is not None and ahead.t_ns <= until_ns:
        found.append((ahead.t_ns / MS, ahead.kind))
        state = crossed(supply, state, ahead)
    return found


# ------------------------------------------------------------------------------------------------ laws


def test_a_millifarad_from_12_to_5_volts_gives_59_5_millijoules() -> None:
    assert supplies.bulk_j(1e-3, 12.0, 5.0) == pytest.approx(59.5e-3)
    assert supplies.bulk_j(1e-3, 4.0, 5.0) == 0.0


def test_the_supply_of_home_1p() -> None:
    """1 mF, 12 and 5.5 V: 56.875 mJ; 0.6 W / 0.85 for 20 ms are 14.118 mJ; of the 42.757 mJ left 85 % arrive."""
    nominal = made(HOME, Nominal())
    assert nominal.full_fj == pytest.approx(56.875e12, rel=1e-9)
    assert nominal.restart_fj == pytest.approx(25.375e12, rel=1e-9)
    assert energy_for_commit_j(nominal) == pytest.approx(0.85 * 56.875e-3 - 0.6 * 0.02, rel=1e-5)
    assert supplies.carried_s(nominal) == pytest.approx(56.875e-3 * 0.85 / 0.6, rel=1e-5)


def test_tolerance_wear_and_cold_take_their_shares() -> None:
    """800 uF, 80 % of it after 15 years, 70 % of that at -40 degC and 85 % half-way down from 20 degC."""
    low = Corner({"supply.bulk": -1.0})
    assert made(HOME, low).capacitance_f == pytest.approx(800e-6)
    assert made(HOME, low, 15.0).capacitance_f == pytest.approx(640e-6)
    assert made(HOME, low, 7.5).capacitance_f == pytest.approx(720e-6)
    assert made(HOME, low, 15.0, -40.0).capacitance_f == pytest.approx(448e-6)
    assert made(HOME, low, 0.0, -10.0).capacitance_f == pytest.approx(680e-6)
    assert made(HOME, low, 0.0, 70.0).capacitance_f == pytest.approx(800e-6)
    half = made(HOME, Corner({"supply.voltage": -1.0}))
    assert half.full_fj == pytest.approx(0.5e-3 * (11.4**2 - 5.5**2) * 1e15, rel=1e-9)


def test_a_platform_without_the_table_has_no_supply() -> None:
    assert power_supply(HOME.model_copy(update={"supply": None}), Nominal()) is None


# ------------------------------------------------------------------------------------------------ the machine


def test_an_outage_is_seen_carried_and_ended() -> None:
    """20 mJ until the alarm, then 40 mJ at 0.1 W."""
    dark = fed(ROUND, switched_on(ROUND, 0), 0, 0.0)
    assert story(ROUND, dark, 10**12) == [(20.0, "alarm"), (420.0, "dead")]


def test_a_dip_shorter_than_detect_raises_nothing() -> None:
    state = switched_on(ROUND, 0)
    back = fed(ROUND, fed(ROUND, state, 0, 0.0), 20 * MS - 1, 1.0)
    assert (back.alarm, next_crossing(ROUND, back)) == (False, None)
    late = fed(ROUND, fed(ROUND, state, 0, 0.0), 20 * MS, 1.0)
    assert late.alarm


def test_the_alarm_is_taken_back_when_the_bulk_has_what_a_restart_needs() -> None:
    """Back after 320 ms: 30 mJ are gone by the failing load, 10 mJ left; 40 mJ are there 15 ms later, debounced 20."""
    dark = fed(ROUND, switched_on(ROUND, 0), 0, 0.0)
    back = fed(ROUND, dark, 320 * MS, 1.0)
    assert (back.energy_fj, back.alarm) == (10 * 10**12, True)
    assert story(ROUND, back, 10**12) == [(340.0, "recovered")]
    slow = replace(ROUND, recharge_uw=500_000)
    assert story(slow, fed(slow, dark, 320 * MS, 1.0), 10**12) == [(380.0, "recovered")]


def test_a_dead_meter_restarts_when_the_bulk_is_at_its_restart_voltage() -> None:
    dark = fed(ROUND, switched_on(ROUND, 0), 0, 0.0)
    back = fed(ROUND, dark, 1000 * MS, 1.0)
    assert (back.running, back.energy_fj) == (False, 0)
    assert story(ROUND, back, 10**13) == [(1020.0, "restart")]
    again = settled(ROUND, back, 1020 * MS)
    assert (again.running, again.alarm) == (True, False)
    assert bulk_v(ROUND, again, 1020 * MS) == pytest.approx((25.0 + 2 * 0.040 / 1e-3) ** 0.5)


def test_between_dropout_and_pickup_the_mains_do_what_they_did() -> None:
    state = switched_on(ROUND, 0)
    assert fed(ROUND, state, 5, 0.65) is state
    dark = fed(ROUND, state, 5, 0.59)
    assert not dark.fed
    assert fed(ROUND, dark, 10, 0.69) is dark
    assert fed(ROUND, dark, 10, 0.7).fed


def test_a_storm_of_short_dips_drains_the_bulk_without_an_alarm() -> None:
    """Each 15 ms without mains takes 15 mJ, each 5 ms with them gives 10: 60 mJ end in the tenth dip."""
    state, t_ns = switched_on(ROUND, 0), 0
    for _ in range(12):
        state = fed(ROUND, state, t_ns, 0.0)
        t_ns += 15 * MS
        if any(kind == "dead" for _, kind in story(ROUND, state, t_ns)):
            break
        state = fed(ROUND, state, t_ns, 1.0)
        t_ns += 5 * MS
    assert not state.alarm
    assert story(ROUND, state, t_ns)[-1] == (195.0, "dead")


def test_a_bulk_that_is_too_small_dies_before_its_alarm() -> None:
    small = replace(ROUND, full_fj=15 * 10**12)
    dark = fed(small, switched_on(small, 0), 0, 0.0)
    assert next_crossing(small, dark) == Crossing(15 * MS, "dead")
    assert energy_for_commit_j(small) == 0.0


# ------------------------------------------------------------------------------------------------ any history

HISTORIES = st.lists(
    st.tuples(st.integers(0, 120), st.sampled_from([0.0, 0.5, 0.65, 0.7, 1.0])), min_size=1, max_size=25
)
"""Milliseconds, and then the mains at so much of Un."""


@given(HISTORIES, st.lists(st.integers(0, 3000), max_size=30))
def test_looking_does_not_change_what_happens(history: list[tuple[int, float]], looks: list[int]) -> None:
    def run(extra: list[int]) -> SupplyState:
        changes = []
        t_ms, share = 0, 1.0
        for span, after in history:
            changes.append((t_ms := t_ms + span, after))
        state = switched_on(ROUND, 0)
        for look in sorted({*extra, *(t for t, _ in changes)}):
            for at_ms, after in changes:
                if at_ms == look:
                    share = after
                    state = fed(ROUND, state, look * MS, share)
            state = fed(ROUND, state, look * MS, share)
        return settled(ROUND, state, 10_000 * MS)

    assert run(looks) == run([])


@given(HISTORIES)
def test_it_does_what_a_model_does_that_steps_through_every_tick(history: list[tuple[int, float]]) -> None:
    """A naive loop over tenths of a millisecond; in these figures every crossing falls on one."""
    tick, now = MS // 10, 0
    state = switched_on(ROUND, 0)
    energy, feeding, since, alarm, running = ROUND.full_fj, True, 0, False, True

    def happen() -> None:
        nonlocal alarm, running
        if running and not feeding:
            alarm = alarm or now - since >= ROUND.detect_ns
            running = energy > 0
        elif running and alarm:
            alarm = not (now - since >= ROUND.detect_ns and energy >= ROUND.restart_fj)
        elif not running and feeding and energy >= ROUND.restart_fj:
            running, alarm = True, False

    for span, share in history:
        for _ in range(span * 10):
            now += tick
            if feeding:
                energy = min(energy + ROUND.recharge_uw * tick, ROUND.full_fj)
            elif running:
                energy = max(energy - (ROUND.failing_uw if alarm else ROUND.load_uw) * tick, 0)
            happen()
        if (now_feeding := share >= (ROUND.dropout if feeding else ROUND.pickup)) != feeding:
            feeding, since = now_feeding, now
            happen()
        state = settled(ROUND, fed(ROUND, state, now, share), now)
        assert (state.fed, state.alarm, state.running) == (feeding, alarm, running)
        assert energy_fj(ROUND, state, now) == energy


# ------------------------------------------------------------------------------------------------ bytes


def test_bytes_on_a_part_that_writes_pages() -> None:
    """M95M04: 512 B x 0.1 uJ + 5 ms x 0.1 W = 551.2 uJ a page; 2.2 mF: 0.85 x 125.125 mJ - 1.2 W x 20 ms = 82.36 mJ."""
    assert programmable_bytes(SHOP, 0.0, 20.0, Nominal()) == int(82.356e-3 / 551.2e-6) * 512


def test_bytes_on_a_part_that_writes_bytes() -> None:
    """CY15B104Q: 256 B x 2.1 nJ + 53 us x 60 mW = 3.7176 uJ for 256 B; 1 mJ are 68 861 bytes."""
    assert supplies.bytes_for(1e-3, HOME.nvm, 60e-3) == pytest.approx(68_861, abs=1)


def test_the_worst_corner_has_the_fewest_bytes_and_a_small_bulk_none() -> None:
    least = programmable_bytes(SHOP, 15.0, -25.0)
    assert all(programmable_bytes(SHOP, 15.0, -25.0, Seed(seed)) >= least > 0 for seed in range(20))
    assert programmable_bytes(FLAWED, 0.0, 20.0, Nominal()) == 0


def test_no_part_programs_more_than_it_holds() -> None:
    assert programmable_bytes(HOME, 0.0, 20.0, Nominal()) == 512 * 1024
