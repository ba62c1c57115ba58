"""Item 3.4: what the dying supply can program against what must be saved, by hand arithmetic."""

from typing import Any

import pytest
from verify_helpers import GOOD, altered, finding, shipped

from ferraris.hardware.platform.models import Platform
from ferraris.units import Range, Toleranced
from ferraris.verify.checklist.registry import ITEMS
from ferraris.verify.finding import Finding, Incomplete, Outcome
from ferraris.verify.ledger import last_gasp_bytes, pages_touched
from ferraris.verify.records import longest_delta


def outcomes(platform: Platform) -> tuple[Outcome, ...]:
    return tuple(ITEMS["3.4"].judge(platform))


def failed(platform: Platform) -> list[str]:
    return [each.quantity for each in outcomes(platform) if isinstance(each, Finding) and each.verdict == "fail"]


def shop(**supply: Any) -> Platform:
    """shop-3p with 1 mF from 12 to 5 V and nothing lost with age or cold: 59.5 mJ; 1 W until 20 ms, then 0.1 W."""
    figures = {
        "bulk_f": Toleranced(1e-3),
        "full_v": Toleranced(12.0),
        "minimum_v": 5.0,
        "load_w": 1.0,
        "failing_load_w": 0.1,
        "efficiency": 1.0,
        "worn": 0.0,
        "cold_loss": 0.0,
    } | supply
    return altered(shipped("shop-3p"), **{f"supply__{name}": value for name, value in figures.items()})


@pytest.mark.parametrize("name", GOOD)
def test_the_good_platforms_can_save_what_must_be_saved(name: str) -> None:
    assert failed(shipped(name)) == []
    assert sum(isinstance(each, Finding) for each in outcomes(shipped(name))) == 8 + 7, "supply, and meter"


def test_without_its_table_it_is_incomplete_and_never_passes() -> None:
    found = outcomes(altered(shipped("home-1p"), supply=None))
    assert found[0] == Incomplete("3.4", "supply: the platform file has no table [supply]")


def test_what_is_left_after_the_alarm_is_bytes() -> None:
    """39.5 mJ left; a page of 512 B takes 51.2 uJ and 5 ms x 0.1 W: 71 pages."""
    found = finding(outcomes(shop()), "3.4", "bytes the dying supply can program, new, at -25 °C")
    assert found.measured == 71 * 512


def test_age_and_cold_count() -> None:
    """Half of 59.5 mJ less 20 mJ: 17 pages. At -25 degC with 30 % lost, 41.65 mJ less 20: 39 pages."""
    aged = finding(outcomes(shop(worn=0.5)), "3.4", "bytes the dying supply can program, after 15 years, at 55 °C")
    assert aged.measured == 17 * 512
    cold = finding(outcomes(shop(cold_loss=0.3)), "3.4", "bytes the dying supply can program, new, at -25 °C")
    assert cold.measured == 39 * 512
    warm = altered(shop(cold_loss=0.3), meter__temperature=Range(-25.0, 55.0))
    assert finding(outcomes(warm), "3.4", "bytes the dying supply can program, new, at 55 °C").measured == 71 * 512


def test_a_bulk_that_does_not_reach_the_alarm_fails_twice() -> None:
    """59.5 mJ at 3 W are 19.8 ms."""
    heavy = shop(load_w=3.0)
    assert len(failed(heavy)) == 8
    found = finding(outcomes(heavy), "3.4", "running load carried, new, at 55 °C")
    assert (found.measured, found.limit.value) == (pytest.approx(59.5 / 3, rel=1e-6), 20.0)


def test_a_record_of_the_journal_needs_its_header_and_its_mark() -> None:
    """By docs/storage.md: 10 bytes of header, payload, padding to a multiple of 8, and 8 of mark."""
    whole = -(-(10 + len(longest_delta(shipped("home-1p")))) // 8) * 8 + 8
    assert last_gasp_bytes(shipped("home-1p")) == whole
    assert last_gasp_bytes(shipped("shop-3p")) % 512 == 0
    assert last_gasp_bytes(shipped("shop-3p")) >= 2 * 512


@pytest.mark.parametrize(
    ("size", "page"), [(8, 512), (16, 512), (512, 512), (520, 512), (1024, 512), (264, 256), (8, 1)]
)
def test_pages_touched_at_the_worst_place(size: int, page: int) -> None:
    """Every place that a record can begin at."""
    worst = max((start + size - 1) // page - start // page + 1 for start in range(0, 8 * page, 8))
    assert pages_touched(size, page) == worst
