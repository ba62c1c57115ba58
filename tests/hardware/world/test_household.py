"""The recording that is shipped can be made again, and shows what a meter is for."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from ferraris.hardware.world.recording import Cycles
from ferraris.hardware.world.recordings import read

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "recordings" / "household.npz"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_recording", ROOT / "scripts" / "make_recording.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_shipped_recording_is_what_its_script_makes(script: ModuleType) -> None:
    made = script.render()
    with np.load(SHIPPED, allow_pickle=False) as shipped:
        assert set(shipped.files) == set(made)
        for name in made:
            np.testing.assert_allclose(shipped[name], made[name], rtol=1e-6, atol=1e-5)


def test_the_shipped_recording_is_small_and_has_its_day() -> None:
    assert SHIPPED.stat().st_size < 500_000
    day = read(SHIPPED)
    assert isinstance(day, Cycles)
    assert day.hold_s.sum() == pytest.approx(1440)
    power = (day.voltage_v * day.current_a).mean(axis=-1)[0]
    energy_wh = power * day.hold_s / 3600
    assert energy_wh[power > 0].sum() > 50  # imports
    assert energy_wh[power < 0].sum() < -50  # and exports
    assert power.max() > 1900  # the kettle
    peak = np.abs(day.current_a).max(axis=-1) / np.sqrt((day.current_a**2).mean(axis=-1))
    assert peak.max() > 1.8  # pulses of rectifiers, not only sines
