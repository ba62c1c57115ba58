"""Mutations of the physics: each wrong thing changes the rows it must change, and no others."""

from functools import lru_cache

import mutants
import pytest

from ferraris.hardware.chain.chain import Chain, Span
from ferraris.hardware.chain.measure import ChainState
from ferraris.hardware.world.mains import Environment, Steady
from ferraris.pins import Reading
from ferraris.verify.finding import Finding, Outcome
from ferraris.verify.typetest import laboratory

TOTALS = {"load", "single-phase load", "composite", "starting"}
"""Kinds that hold an error itself against a limit (starting: a pulse in 1.5 times the exact time)."""

UNEQUAL = {"difference", "unbalance"}
"""Kinds that compare elements: they notice when one element differs from the others."""


def one(found: list[Outcome], kind: str, words: str) -> Finding:
    [row] = [each for each in found if isinstance(each, Finding) and each.item == kind and words in each.quantity]
    return row


@pytest.fixture(scope="module")
def shop() -> laboratory.Bench:
    return mutants.sound("shop-3p")


def test_a_sound_meter_fails_nothing(shop: laboratory.Bench) -> None:
    assert mutants.failing(mutants.outcomes(shop, "C")) == set()


def test_a_reversed_sensor_changes_errors_and_comparisons_of_elements_only(shop: laboratory.Bench) -> None:
    """(1 + 1 - 1)/3 of the energy is left: -66.7 %, and -200 % where that element alone is loaded."""
    found = mutants.outcomes(mutants.sensor_reversed(shop, 0), "C")
    assert mutants.failing(found) == TOTALS | UNEQUAL
    assert one(found, "load", "100 A, PF 1, import").measured == pytest.approx(200.0 / 3.0, abs=0.1)
    assert one(found, "single-phase load", "PF 1, import").measured == pytest.approx(200.0, abs=0.1)


def test_halved_burdens_halve_the_energy_and_change_no_influence(shop: laboratory.Bench) -> None:
    """All elements alike, so nothing that compares one result with another notices."""
    found = mutants.outcomes(mutants.burden_halved(shop), "C")
    assert mutants.failing(found) == TOTALS
    assert one(found, "load", "100 A, PF 1, import").measured == pytest.approx(50.0, abs=0.1)


def test_swapped_currents_leave_a_balanced_load_without_energy(
    shop: laboratory.Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1 + 2 cos 120° = 0: no energy for the meter constant either; alone, L2 reads cos 120° = -0.5 of it."""
    true, swap = laboratory.measure, lru_cache(maxsize=None)(mutants.swap_currents)

    def crossed(
        chain: Chain, state: ChainState, mains: Steady, environment: Environment, span: Span
    ) -> tuple[ChainState, Reading]:
        return true(chain, state, swap(mains), environment, span)

    monkeypatch.setattr(laboratory, "measure", crossed)
    found = mutants.outcomes(shop, "C")
    assert mutants.failing(found) == TOTALS | UNEQUAL | {"constant"}
    assert one(found, "single-phase load", "PF 1, import").measured == pytest.approx(150.0, abs=0.1)
