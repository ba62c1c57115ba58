"""Reference meters and waveforms for the tests of the chain."""

from pathlib import Path

import numpy as np
import pytest

from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Platform

PLATFORMS = Path(__file__).parents[3] / "platforms"


@pytest.fixture(scope="session")
def home() -> Platform:
    return load(PLATFORMS / "home-1p.toml")


@pytest.fixture(scope="session")
def shop() -> Platform:
    return load(PLATFORMS / "shop-3p.toml")


@pytest.fixture(scope="session")
def feeder() -> Platform:
    return load(PLATFORMS / "feeder-3p-ct.toml")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261123)
