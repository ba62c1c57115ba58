"""Calibration constants from the line to the front end: whole ones are loaded, all others are refused."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from bench_rig import RTC_MS, SECOND, Ram
from ferraris.bench.assemble import assemble
from ferraris.bench.bench import Bench
from ferraris.bench.clock import Clock
from ferraris.bench.configure import configure
from ferraris.bench.storage import Storage, commission
from ferraris.firmware.meter.boot import BootRefusedError
from ferraris.firmware.meter.config import RecordKind
from ferraris.firmware.store.recovery import Recovered, recover
from ferraris.hardware.chain.calibrate import REFERENCE, balanced, design_values
from ferraris.hardware.chain.chain import Calibration, Span
from ferraris.hardware.chain.constants import ConstantsError, decode, encode
from ferraris.hardware.chain.production import calibrate
from ferraris.hardware.chain.specimen import Seed, manufacture
from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.world import constant
from ferraris.pins import Commit

PLATFORMS = Path(__file__).parents[2] / "platforms"
HOME = load(PLATFORMS / "home-1p.toml")
SHOP = load(PLATFORMS / "shop-3p.toml")


def meter(part: Ram, seed: int = 3, platform: Platform = HOME) -> Bench:
    world = constant(balanced(platform, platform.meter.current.ref_a))
    return assemble(platform, world, part, Clock(0, RTC_MS), fidelity="phasor", seed=seed, noise=False)


def ram(platform: Platform = HOME) -> Ram:
    return Ram(platform.nvm.size_bytes)


def stored(part: Ram, platform: Platform = HOME) -> bytes:
    found = recover(configure(platform).layout, part.view)
    assert isinstance(found, Recovered)
    return found.records[RecordKind.CALIBRATION]


def rewritten(part: Ram, constants: bytes) -> None:
    storage = Storage(configure(HOME).layout, part)
    storage.open()
    storage.commit(Commit(RecordKind.CALIBRATION, constants))


@pytest.mark.parametrize("platform", [HOME, SHOP], ids=["home-1p", "shop-3p"])
def test_constants_come_back_to_the_last_bit(platform: Platform) -> None:
    specimen = manufacture(platform, Seed(7))
    constants = calibrate(platform, specimen, Seed(7))
    again = decode(encode(constants, specimen), specimen)
    for field in fields(constants):
        assert np.array_equal(getattr(again, field.name), getattr(constants, field.name))
        assert np.shape(getattr(again, field.name)) == np.shape(getattr(constants, field.name))


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", [field.name for field in fields(Calibration)])
def test_constants_that_are_no_numbers_never_become_bytes(name: str, wrong: float) -> None:
    specimen = manufacture(SHOP, Seed(7))
    constants = calibrate(SHOP, specimen, Seed(7))
    values = np.array(getattr(constants, name), dtype=np.float64)
    values[()] = wrong
    with pytest.raises(ConstantsError, match=f"no finite value for {name}"):
        encode(replace(constants, **{name: values}), specimen)


def test_no_single_changed_bit_and_no_shortening_passes_for_constants() -> None:
    specimen = manufacture(HOME, Seed(7))
    whole = encode(calibrate(HOME, specimen, Seed(7)), specimen)
    for at in range(len(whole)):
        with pytest.raises(ConstantsError):
            decode(whole[:at], specimen)
        for bit in range(8):
            with pytest.raises(ConstantsError):
                decode(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :], specimen)


def test_constants_of_another_meter_are_refused() -> None:
    mine, other = manufacture(HOME, Seed(7)), manufacture(HOME, Seed(8))
    with pytest.raises(ConstantsError, match="another front end"):
        decode(encode(design_values(other), other), mine)


def test_the_firmware_loads_the_constants_before_the_first_reading_and_after_every_reset() -> None:
    part = ram()
    bench = meter(part)
    for start in (0, 20 * SECOND):
        bench.switch_on(start)
        bench.advance(start + 10 * SECOND)
        assert bench.state is not None
        reading = bench.state.reading
        assert reading is not None
        # what is left at Iref is the line's: reference 0.02 %, noise 0.01 %, the hall's temperature 0.004 %
        assert reading.instant[0].active_w == pytest.approx(230.0 * HOME.meter.current.ref_a, rel=4e-4)
        bench.cut_power()


def test_without_calibration_the_same_front_end_would_err_by_per_cents() -> None:
    front_end, mains = meter(ram()).front_end, balanced(HOME, HOME.meter.current.ref_a)
    _, reading = front_end.measure(front_end.start(0), mains, REFERENCE, Span(0, 8000))
    assert abs(reading.instant[0].active_w / (230.0 * HOME.meter.current.ref_a) - 1.0) > 1e-3


def test_a_memory_without_constants_is_refused() -> None:
    bench = meter(ram())
    bench.storage = Storage(bench.config.layout, ram())
    with pytest.raises(BootRefusedError, match="no calibration constants"):
        bench.switch_on(0)
    assert bench.state is None


def test_constants_that_are_not_whole_are_refused_at_boot() -> None:
    part = ram()
    bench = meter(part)
    spoilt = bytearray(stored(part))
    spoilt[20] ^= 1
    rewritten(part, bytes(spoilt))
    with pytest.raises(BootRefusedError, match="corrupt"):
        bench.switch_on(0)


def test_the_memory_of_another_specimen_is_refused_by_the_front_end() -> None:
    """A board with other parts in front of this memory: its registers may stay, its constants may not be used."""
    part = ram()
    first = meter(part, seed=3)
    first.switch_on(0)
    first.switch_off()
    other = meter(part, seed=4)
    with pytest.raises(ConstantsError, match="another front end"):
        other.switch_on(0)
    assert other.state is None


def test_a_flipped_bit_in_memory_is_found_and_never_used() -> None:
    """One bit here and there in the only record of the constants."""
    part = ram()
    bench = meter(part)
    image = bytes(part.image)
    begin = image.index(b"FCC")
    for at in range(begin, begin + len(stored(part)), 7):
        part.image[at] ^= 0x10
        with pytest.raises(BootRefusedError):
            bench.switch_on(0)
        part.image[:] = image


def test_a_memory_in_use_keeps_its_constants_when_it_is_commissioned_again() -> None:
    part = ram()
    meter(part)
    before = bytes(part.image)
    commission(configure(HOME).layout, part, Commit(RecordKind.CALIBRATION, b"something else"))
    assert bytes(part.image) == before


def test_a_commissioned_meter_is_new_and_one_that_was_in_service_comes_from_an_outage() -> None:
    part = ram()
    bench = meter(part)
    bench.switch_on(0)
    assert bench.state is not None
    assert bench.state.ledger.axis.outages == 0
    bench.switch_off()
    again = meter(part)
    again.switch_on(5 * SECOND)
    assert again.state is not None
    assert again.state.ledger.axis.outages == 1
