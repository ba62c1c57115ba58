"""A meter with one element has one apparent energy and one power factor: its total is that element, at any fidelity."""

from pathlib import Path

import numpy as np
import pytest

from bench_rig import SECOND, Ram
from ferraris.bench.assemble import assemble
from ferraris.bench.bench import Bench
from ferraris.bench.clock import Clock
from ferraris.firmware.dlms import axdr
from ferraris.firmware.dlms.acse import Mechanism
from ferraris.firmware.dlms.host import READING, Attribute, Session
from ferraris.firmware.dlms.obis import obis
from ferraris.firmware.meter.objects import MeterHost
from ferraris.firmware.meter.turn import Turn
from ferraris.hardware.chain.chain import Fidelity
from ferraris.hardware.chain.specimen import Nominal
from ferraris.hardware.platform.load import load
from ferraris.hardware.world.mains import Steady
from ferraris.hardware.world.world import World

HOME = load(Path(__file__).resolve().parents[2] / "platforms" / "home-1p.toml")
READER = Session(2, 1, Mechanism.LOW, READING, 0xFFFF, 0xFFFF)
AMPERES = 40.0 * np.array([np.exp(-0.5j), 0.7, 0.4], complex)
"""Fundamental, third and fifth harmonic on a clean voltage: the harmonics make S, and neither P nor Q1."""
TRUE_W, TRUE_VA = 230.0 * 40.0 * np.cos(0.5), 230.0 * 40.0 * np.sqrt(1.0 + 0.7**2 + 0.4**2)
VECTOR_VA = 230.0 * 40.0
"""sqrt(P^2 + Q1^2): what the total must not show."""


@pytest.fixture(scope="module", params=["phasor", "sampled", "bitstream"])
def metered(request: pytest.FixtureRequest) -> Bench:
    fidelity: Fidelity = request.param
    volts = np.array([[230.0, 0.0, 0.0]], complex)
    mains = Steady(50.0, np.array([1.0, 3.0, 5.0]), volts, AMPERES[None, :], AMPERES)
    part = Ram(HOME.nvm.size_bytes)
    bench = assemble(HOME, World(mains), part, Clock(0, 0), fidelity=fidelity, draw=Nominal(), noise=False)
    bench.switch_on(0)
    bench.advance(4 * SECOND)
    return bench


def shown(bench: Bench, name: str) -> int:
    assert bench.state is not None
    host = MeterHost(bench.config, Turn(bench.state), bench.storage.view)
    answer = host.get(READER, Attribute(3, obis(name), 2), None)
    assert isinstance(answer, bytes), answer
    number = axdr.decode(answer).value
    assert isinstance(number, int)
    return number


def test_the_energies_of_the_total_are_those_of_the_element(metered: Bench) -> None:
    assert metered.state is not None
    [element], total = metered.state.ledger.registers.phases, metered.state.ledger.registers.vector
    assert total == element
    assert total.apparent_import.mws / total.active_import.mws == pytest.approx(TRUE_VA / TRUE_W, rel=2e-3)


def test_the_objects_of_the_total_show_what_those_of_the_element_show(metered: Bench) -> None:
    for code in (1, 2, 3, 4, 9, 10):
        for kind in (7, 8):
            assert shown(metered, f"1.0.{code}.{kind}.0.255") == shown(metered, f"1.0.{code + 20}.{kind}.0.255")
    assert shown(metered, "1.0.13.7.0.255") == shown(metered, "1.0.33.7.0.255")


def test_apparent_power_and_power_factor_include_the_harmonics(metered: Bench) -> None:
    assert shown(metered, "1.0.9.7.0.255") / 10.0 == pytest.approx(TRUE_VA, rel=2e-3)
    assert shown(metered, "1.0.13.7.0.255") / 1000.0 == pytest.approx(TRUE_W / TRUE_VA, abs=2e-3)
    assert TRUE_VA > 1.2 * VECTOR_VA, "a load that tells the two definitions apart"
