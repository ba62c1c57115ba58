"""The two directions of the clock agree to the nanosecond, its drift is the stated one, and no change of rate jumps."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from ferraris.bench.clock import ATTOSECONDS_PER_MS, Clock, at_rate, rtc_ms, set_to, true_ns

DRIFTS = st.integers(-200_000, 200_000)
CLOCKS = st.builds(
    Clock, st.integers(0, 10**18), st.integers(0, 4 * 10**12), DRIFTS, st.integers(0, ATTOSECONDS_PER_MS - 1)
)
SPANS = st.integers(0, 10**15)
"""Nanoseconds; up to eleven days."""


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


@given(CLOCKS, st.lists(SPANS, max_size=20), SPANS)
def test_giving_it_the_rate_it_has_changes_nothing(clock: Clock, spans: list[int], later_ns: int) -> None:
    cut, now_ns = clock, clock.origin_ns
    for span in spans:
        now_ns += span
        cut = at_rate(cut, now_ns, clock.drift_ppb)
    assert rtc_ms(cut, now_ns + later_ns) == rtc_ms(clock, now_ns + later_ns)
    shown = rtc_ms(clock, now_ns) + 1
    assert true_ns(cut, shown) == true_ns(clock, shown)


@given(CLOCKS, SPANS, DRIFTS)
def test_it_never_jumps_as_its_rate_changes(clock: Clock, span_ns: int, drift_ppb: int) -> None:
    at_ns = clock.origin_ns + span_ns
    changed = at_rate(clock, at_ns, drift_ppb)
    assert changed.drift_ppb == drift_ppb
    assert rtc_ms(changed, at_ns) == rtc_ms(clock, at_ns)
    assert 0 <= rtc_ms(changed, at_ns + 1) - rtc_ms(changed, at_ns) <= 1


@given(CLOCKS, st.lists(st.tuples(SPANS, DRIFTS), max_size=20), SPANS)
def test_piece_by_piece_it_counts_what_fractions_count(
    clock: Clock, pieces: list[tuple[int, int]], later_ns: int
) -> None:
    """A naive model: milliseconds as a fraction, each piece's time at its own rate added up."""
    now_ns, drift_ppb = clock.origin_ns, clock.drift_ppb
    model = clock.origin_ms + Fraction(clock.origin_as, 10**15)
    cut = clock
    for span, then_ppb in pieces:
        model += Fraction(span, 10**6) * (1 + Fraction(drift_ppb, 10**9))
        now_ns, drift_ppb = now_ns + span, then_ppb
        cut = at_rate(cut, now_ns, then_ppb)
    model += Fraction(later_ns, 10**6) * (1 + Fraction(drift_ppb, 10**9))
    assert rtc_ms(cut, now_ns + later_ns) == model // 1


@given(CLOCKS, SPANS, DRIFTS, st.integers(1, 10**9))
def test_true_time_is_the_inverse_after_a_change_of_rate_too(
    clock: Clock, span_ns: int, drift_ppb: int, ahead_ms: int
) -> None:
    changed = at_rate(clock, clock.origin_ns + span_ns, drift_ppb)
    shown = changed.origin_ms + ahead_ms
    at = true_ns(changed, shown)
    assert at > changed.origin_ns
    assert (rtc_ms(changed, at), rtc_ms(changed, at - 1)) == (shown, shown - 1)


@given(CLOCKS, SPANS, st.integers(-(10**12), 10**13))
def test_a_clock_that_is_set_begins_that_millisecond_and_keeps_its_rate(
    clock: Clock, span_ns: int, shown_ms: int
) -> None:
    at_ns = clock.origin_ns + span_ns
    after = set_to(clock, at_ns, shown_ms)
    assert (rtc_ms(after, at_ns), rtc_ms(after, at_ns - 1)) == (shown_ms, shown_ms - 1)
    assert after.drift_ppb == clock.drift_ppb
