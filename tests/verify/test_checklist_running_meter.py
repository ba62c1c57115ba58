"""Items 3.3 and 3.4 on the running meter: a meter that is broken on purpose fails the finding that is about it."""

from typing import Any

import pytest
from verify_helpers import altered, finding, shipped

from ferraris.firmware.meter import accounting, boot, outages, timekeeping
from ferraris.firmware.meter.config import RingId
from ferraris.firmware.meter.events import Event
from ferraris.hardware.platform.models import Platform
from ferraris.verify.checklist.registry import ITEMS
from ferraris.verify.finding import Finding, Incomplete, NotApplicable, Outcome
from ferraris.verify.outages import LASTS_S, STARTS_S, suffer


def outcomes(platform: Platform, item: str) -> tuple[Outcome, ...]:
    return tuple(ITEMS[item].judge(platform))


def failed(platform: Platform, item: str) -> set[str]:
    return {each.quantity for each in outcomes(platform, item) if isinstance(each, Finding) and each.verdict == "fail"}


# ------------------------------------------------------------------------------------------------ 3.3


def test_two_sources_in_an_order_with_a_limit_are_all_judged() -> None:
    found = outcomes(shipped("home-1p"), "3.3")
    assert {each.verdict for each in found} == {"pass"}
    assert finding(found, "3.3", "sources of time").measured == 2
    assert finding(found, "3.3", "against a better source").evidence
    assert finding(found, "3.3", "beyond a source's limit").evidence


def test_a_single_source_has_no_order() -> None:
    found = outcomes(altered(shipped("home-1p"), firmware__time_sources=()), "3.3")
    assert [each.part for each in found if isinstance(each, NotApplicable)] == ["order of sources"]


def test_without_any_source_the_keys_that_are_missing_are_named() -> None:
    home = altered(shipped("home-1p"), firmware__time_sources=(), firmware__management_password=None)
    [found] = outcomes(home, "3.3")
    assert isinstance(found, Incomplete)
    assert "firmware.management_password" in found.part
    assert "firmware.time_source" in found.part


def test_a_meter_that_asks_nobody_for_a_priority_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timekeeping, "refusal", lambda *_: "")
    assert failed(shipped("home-1p"), "3.3") == {
        "changes made against a better source", "changes made beyond a source's limit"
    }  # fmt: skip


def test_a_meter_that_takes_any_password_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ferraris.verify.time_setting.WRONG", shipped("home-1p").firmware.management_password.encode())
    assert "changes made without a source's password" in failed(shipped("home-1p"), "3.3")


def test_a_meter_that_logs_nothing_of_its_clock_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = accounting.log
    silent = {Event.CLOCK_NEW, Event.CLOCK_REFUSED}

    def log(config: Any, turn: Any, event: Event, *rest: Any, **more: Any) -> Any:
        return turn if event in silent else whole(config, turn, event, *rest, **more)

    monkeypatch.setattr(accounting, "log", log)
    assert failed(shipped("home-1p"), "3.3") == {"events missing of changes made", "events missing of changes refused"}


def test_a_meter_that_refuses_everybody_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timekeeping, "refusal", lambda *_: "no")
    assert failed(shipped("home-1p"), "3.3") == {"sources that cannot set the clock"}


# ------------------------------------------------------------------------------------------------ 3.4


def test_a_meter_without_a_last_commit_loses_the_load_since_the_periodic_one() -> None:
    """flawed-1p, 2300 W, commits each 10 s of the clock: the mains fail 0.137 s and 4.071 s after one."""
    found = suffer(shipped("flawed-1p"))
    since_s = [start % 10 for start in STARTS_S]
    assert found.lost_wh == pytest.approx([2300 * each / 3600 for each in since_s], rel=0.02)
    assert len(found.lost_wh) == len(LASTS_S)


def test_a_meter_that_loses_a_row_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row of the period that the night interrupted, at 23:30."""
    whole = accounting.capture

    def capture(config: Any, turn: Any, number: RingId, stamp_s: int) -> Any:
        outage_end_s = turn.state.ledger.axis.outage_end_ms // 1000
        return turn if outage_end_s > stamp_s else whole(config, turn, number, stamp_s)

    monkeypatch.setattr(accounting, "capture", capture)
    assert failed(shipped("home-1p"), "3.4") == {"rows missing in profiles and history"}


def test_a_meter_that_forgets_its_outages_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "_after_outage", lambda _, turn, *__: turn)
    assert "entries missing in power-fail log and event log" in failed(shipped("home-1p"), "3.4")


def test_a_meter_that_begins_at_its_snapshot_without_the_delta_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = boot.ledgers.decode
    monkeypatch.setattr(boot.ledgers, "decode", lambda snapshot, _, shape: whole(snapshot, None, shape))
    assert failed(shipped("home-1p"), "3.4") >= {
        "energy lost in an outage of 10 s", "registers that differ after an outage"
    }  # fmt: skip


def test_a_meter_that_keeps_the_rate_of_yesterday_evening_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = accounting.axes.rate
    monkeypatch.setattr(accounting.axes, "rate", lambda *rest: rest[2].rate if rest[2].outages > 1 else whole(*rest))
    assert failed(shipped("home-1p"), "3.4") == {"parts of tariff and billing period that differ"}
