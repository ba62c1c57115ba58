"""Cells of the memory part that fail: stuck, unsettled, worn out, and emptied by the years."""

import hashlib
from dataclasses import replace
from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.hardware.physics.nvm import NvmPart, PowerLost, Retention, WearOut
from ferraris.hardware.physics.nvm.retention import equivalent_years, lost_share
from memory_rig import EEPROM, FRAM, NOR, PARTS, Figures

technologies = pytest.mark.parametrize("figures", PARTS, ids=lambda figures: figures.technology)
QUICKLY_WORN = {figures: replace(figures, endurance_cycles=100.0) for figures in PARTS}


@technologies
@given(bit=st.integers(0, 8 * 2048 - 1), value=st.booleans(), data=st.binary(min_size=1, max_size=80))
def test_a_stuck_bit_reads_as_ever_and_its_neighbours_as_written(
    figures: Figures, bit: int, value: bool, data: bytes
) -> None:
    part, sound = NvmPart(figures), NvmPart(figures)
    part.stick(bit, value=value)
    address = max(0, min(bit // 8 - len(data) // 2, figures.size_bytes - len(data)))
    for one in (part, sound):
        one.program(address, data)
        if figures.erase_bytes:
            one.erase(0, figures.erase_bytes)
    wanted = bytearray(sound.view)
    wanted[bit // 8] = wanted[bit // 8] & ~(1 << bit % 8) | value << bit % 8
    assert bytes(part.view) == wanted
    assert part.faults == (1, 0, 0, 0, 0)


@technologies
def test_a_stuck_bit_is_stuck_also_where_a_write_was_cut(figures: Figures) -> None:
    for seed in (None, 3):
        part = NvmPart(figures, bytes(figures.size_bytes), seed)
        part.stick(8 * 10, value=True)
        part.supply(20)
        with pytest.raises(PowerLost):
            part.program(0, bytes(40))
        assert part.view[10] & 1 == 1


def test_an_unsettled_bit_reads_the_same_until_power_returns_and_is_settled_by_a_write() -> None:
    part = NvmPart(FRAM, fault_seed=4)
    part.unsettle(17)
    seen = []
    for _ in range(64):
        part.power_up()
        seen.append(part.view[2] >> 1 & 1)
        assert part.view[2] >> 1 & 1 == seen[-1]
    assert 16 < sum(seen) < 48, "it reads as either"
    again = NvmPart(FRAM, fault_seed=4)
    again.unsettle(17)
    for value in seen:
        again.power_up()
        assert again.view[2] >> 1 & 1 == value, "the same seed reads the same"
    part.program(0, b"abc")
    for _ in range(8):
        part.power_up()
        assert part.view[:3] == b"abc"
    assert part.faults.unsettled == 0


@technologies
def test_no_cell_fails_within_its_endurance_and_all_do_long_after_it(figures: Figures) -> None:
    part = NvmPart(QUICKLY_WORN[figures], fault_seed=9)

    def write_once() -> None:
        if figures.erase_bytes:
            part.erase(512, 512)
        else:
            part.program(512, b"\x55" * 64)

    for _ in range(100):
        write_once()
    assert part.faults.worn == 0
    counts = []
    for _ in range(300):
        write_once()
        counts.append(part.faults.worn)
    assert counts == sorted(counts)
    # Rayleigh, mode 20 cycles: after 300 cycles a group has lost none with a probability of exp(-112)
    groups = 1 if figures.erase_bytes else 64 // {"fram": 8, "eeprom": 4}[figures.technology]
    assert counts[-1] >= groups
    assert part.faults.stuck <= part.faults.worn


@pytest.mark.parametrize(("extra", "share"), [(50, 1 - exp(-0.125)), (118, 0.5), (200, 1 - exp(-2))])
def test_the_share_of_worn_groups_follows_the_law(extra: int, share: float) -> None:
    """Rayleigh with mode 100 cycles beyond the endurance: 1 - exp(-(n/100)^2 / 2); 256 groups, four sigma are 0.125."""
    part = NvmPart(QUICKLY_WORN[FRAM], fault_seed=2, wear_out=WearOut(spread=1.0))
    part.wear(0, 2048, 100 + extra - 2)
    failed = np.zeros(256, bool)
    for fill in (0x00, 0xFF):  # a stuck bit shows in one of them
        part.program(0, bytes([fill]) * 2048)
        failed |= (np.frombuffer(bytes(part.view), np.uint8).reshape(256, 8) != fill).any(axis=1)
    assert failed.mean() == pytest.approx(share, abs=0.125)


def test_counting_late_counts_the_same_as_counting_at_once() -> None:
    part, wanted = NvmPart(EEPROM), np.zeros(512, np.uint64)
    draws = hashlib.shake_128(b"places").digest(4000)
    for high, low in zip(draws[::2], draws[1::2], strict=True):
        address, size = (high * 256 + low) % 1900, 1 + low % 100
        part.program(address, bytes(size))
        for group in {byte // 4 for byte in range(address, address + size)}:
            wanted[group] += np.uint64(1)
        if low == 7:
            assert part.cycles.tolist() == wanted.tolist()
    assert part.cycles.tolist() == wanted.tolist()


def test_a_year_in_the_heat_is_as_many_at_the_rated_temperature_as_arrhenius_says() -> None:
    law = Retention(rated_c=55.0, activation_ev=1.1)
    # exp(1.1 / 8.617e-5 * (1 / 328.15 - 1 / 358.15)) by hand: 12765 K * 2.5526e-4 / K = 3.2584
    assert equivalent_years(law, 1.0, 85.0) == pytest.approx(exp(3.2584), rel=1e-3)
    assert equivalent_years(law, 7.0, 55.0) == pytest.approx(7.0, rel=1e-12)


@technologies
def test_the_share_of_bits_lost_is_the_one_promised_however_the_years_are_cut(figures: Figures) -> None:
    law = Retention(years=10.0, rated_c=55.0, lost_at_rating=0.05)
    image = hashlib.shake_128(b"held").digest(figures.size_bytes)
    whole, halves = NvmPart(figures, image, fault_seed=1), NvmPart(figures, image, fault_seed=1)
    whole.age(10.0, 55.0, law)
    halves.age(5.0, 55.0, law)
    halves.age(5.0, 55.0, law)
    held = 8 * figures.size_bytes * (1.0 if figures is FRAM else 0.5)  # only a programmed cell has charge to lose
    for part in (whole, halves):
        # binomial, some 800 bits and more: four sigma are within 15 %
        assert part.faults.lost == pytest.approx(held * (1 - exp(-0.05)), rel=0.15)
    lost = [a ^ b for a, b in zip(image, whole.view, strict=True)]
    assert figures is FRAM or all(a & b == 0 for a, b in zip(image, lost, strict=True)), "a lost bit reads as erased"


def test_what_was_written_lately_holds_longer() -> None:
    law = Retention(years=10.0, lost_at_rating=0.05, shape=3.0)
    part = NvmPart(EEPROM, bytes(2048), fault_seed=1)
    part.age(9.0, 55.0, replace(law, lost_at_rating=0.0))
    part.program(0, bytes(1024))
    part.age(1.0, 55.0, law)
    assert part.view[:1024].tobytes().count(0) > 1020, "a year old: a thousandth of 5 %"
    lost = sum(byte.bit_count() for byte in part.view[1024:])
    # (10/10)^3 - (9/10)^3 = 0.271 of 5 % of 8192 bits: 111, four sigma are 42
    assert lost == pytest.approx(0.271 * 0.05 * 8192, abs=42)
    assert lost_share(law, np.array([0.0]), np.array([1.0])) == pytest.approx(5e-5, rel=1e-4)


def test_an_erase_costs_its_energy() -> None:
    part = NvmPart(replace(NOR, erase_j=2e-7))
    part.erase(512, 1024)
    assert part.energy_j == pytest.approx(1024 * 2e-7, rel=1e-12)
