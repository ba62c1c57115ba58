"""The two directions of the clock agree to the nanosecond, and its drift is the stated one."""

from hypothesis import given
from hypothesis import strategies as st

from ferraris.bench.clock import Clock, rtc_ms, true_ns

CLOCKS = st.builds(Clock, st.integers(0, 10**18), st.integers(0, 4 * 10**12), st.integers(-200_000, 200_000))


@given(CLOCKS, st.integers(0, 10**12))
def test_true_time_is_the_first_nanosecond_at_which_the_clock_shows_a_value(clock: Clock, ahead_ms: int) -> None:
    shown = clock.origin_ms + ahead_ms
    at = true_ns(clock, shown)
    assert rtc_ms(clock, at) == shown
    assert rtc_ms(clock, at - 1) == shown - 1


@given(CLOCKS, st.integers(0, 10**18), st.integers(0, 10**12))
def test_the_clock_never_runs_backwards(clock: Clock, t_ns: int, later_ns: int) -> None:
    assert rtc_ms(clock, t_ns + later_ns) >= rtc_ms(clock, t_ns)


def test_a_crystal_20_ppm_fast_gains_1728_ms_a_day() -> None:
    # 86 400 s * 20e-6 = 1.728 s: more than the 0.5 s/day of the clock standards, which is why crystals are trimmed.
    day_ns = 86_400 * 10**9
    assert rtc_ms(Clock(0, 0, 20_000), day_ns) == 86_400_000 + 1728
    assert rtc_ms(Clock(0, 0, -20_000), day_ns) == 86_400_000 - 1728
