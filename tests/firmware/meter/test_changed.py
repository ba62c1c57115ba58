"""`changed` is `dataclasses.replace` for the state, only quicker."""

from dataclasses import fields, replace

import pytest

from bench_rig import rig
from ferraris.firmware.meter.state import State, changed


def state() -> State:
    bench = rig()
    bench.switch_on(0)
    assert bench.state is not None
    return bench.state


def test_changed_gives_what_replace_gives_and_leaves_the_old_state_alone() -> None:
    before = state()
    after = changed(before, rtc_ms=17, damage=3)
    assert after == replace(before, rtc_ms=17, damage=3)
    assert all(hasattr(after, field.name) for field in fields(State))
    assert (before.rtc_ms, before.damage) != (17, 3)


def test_changed_refuses_a_field_that_is_not_there() -> None:
    with pytest.raises(AssertionError, match="no such field"):
        changed(state(), rtc=17)
