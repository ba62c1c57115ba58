"""Counters against a model with power cuts: nothing accepted twice, nothing used twice, no link locked out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security import counters
from ferraris.firmware.dlms.security.counters import END, NOTHING, WINDOW, CounterError, ExhaustedError, Link, Own

HEAD_END = Link(b"HES00001", 0)
OTHER_KEY = HEAD_END._replace(key=1)
OTHER_CLIENT = HEAD_END._replace(title=b"HES00002")


def accepted(link: Link, *values: int) -> counters.Received:
    received = NOTHING
    for counter in values:
        counters.check(received, link, counter)
        received = counters.accept(received, link, counter)
    return received


@pytest.mark.parametrize("counter", [0, 1, 99, 100])
def test_an_equal_or_lower_counter_is_refused_with_the_one_expected(counter: int) -> None:
    with pytest.raises(CounterError, match="101 or more is expected") as caught:
        counters.check(accepted(HEAD_END, 100), HEAD_END, counter)
    assert caught.value.expected == 101


def test_the_first_counter_may_be_0_and_the_second_the_next() -> None:
    assert accepted(HEAD_END, 0, 1) == {HEAD_END: 2}


@pytest.mark.parametrize("link", [OTHER_KEY, OTHER_CLIENT])
def test_keys_and_clients_do_not_share_counters(link: Link) -> None:
    received = accepted(HEAD_END, 100)
    counters.check(received, link, 0)
    assert counters.accept(received, link, 7) == {HEAD_END: 101, link: 8}


@pytest.mark.parametrize("before", [(), (5,)])
@pytest.mark.parametrize("counter", [END, END - 1])
def test_a_leap_to_the_end_is_refused_and_locks_nobody_out(before: tuple[int, ...], counter: int) -> None:
    received = accepted(HEAD_END, *before)
    with pytest.raises(CounterError, match="not plausible"):
        counters.check(received, HEAD_END, counter)
    counters.check(received, HEAD_END, 6)


def test_the_window_is_as_wide_as_it_says() -> None:
    received = accepted(HEAD_END, 9)
    counters.check(received, HEAD_END, 10 + WINDOW)
    with pytest.raises(CounterError):
        counters.check(received, HEAD_END, 11 + WINDOW)


def test_a_first_contact_leaves_a_window_over() -> None:
    counters.check(NOTHING, HEAD_END, END - 1 - WINDOW)
    with pytest.raises(CounterError):
        counters.check(NOTHING, HEAD_END, END - WINDOW)


def test_a_head_end_that_counts_in_seconds_since_1970_is_served() -> None:
    year = 365 * 86400
    assert accepted(HEAD_END, 1_795_000_000, 1_795_000_000 + 5 * year)


def test_the_last_counter_but_one_is_the_last_accepted() -> None:
    received = {HEAD_END: END - 1}
    counters.check(received, HEAD_END, END - 1)
    with pytest.raises(CounterError):
        counters.check(counters.accept(received, HEAD_END, END - 1), HEAD_END, END)


def test_a_new_key_begins_anew_and_leaves_the_others() -> None:
    received = counters.accept(accepted(HEAD_END, 100), OTHER_KEY, 100)
    assert counters.forget(received, 0) == {OTHER_KEY: 101}


def test_more_links_than_are_kept_are_refused() -> None:
    full = {HEAD_END._replace(key=key): 1 for key in range(counters.LINKS)}
    with pytest.raises(DlmsError, match="255 links"):
        counters.accept(full, OTHER_CLIENT, 1)
    assert counters.accept(full, HEAD_END, 1)[HEAD_END] == 2


# ---------------------------------------------------------------- own


def test_nothing_is_drawn_before_a_mark_is_committed() -> None:
    with pytest.raises(ExhaustedError, match="no invocation counter is reserved"):
        counters.draw(Own())
    own = counters.reserved(Own(), counters.reserve(Own(), 2))
    first, own = counters.draw(own)
    second, own = counters.draw(own)
    assert (first, second, counters.left(own)) == (0, 1, 0)
    with pytest.raises(ExhaustedError):
        counters.draw(own)


def test_the_counter_ends_one_before_the_last_number() -> None:
    own = counters.resume(END - 1)
    own = counters.reserved(own, counters.reserve(own, 1024))
    assert counters.draw(own) == (END - 1, Own(END, END))
    with pytest.raises(ExhaustedError, match="change the key"):
        counters.reserve(Own(END, END))


class PowerCuts(RuleBasedStateMachine):
    """A meter that commits, is cut off between any two duties, and goes on from its memory."""

    def __init__(self) -> None:
        super().__init__()
        self.memory_mark = 0
        self.own = Own()
        self.used: list[int] = []

    @rule(block=st.integers(1, 5), lost=st.booleans())
    def reserve(self, block: int, lost: bool) -> None:
        mark = counters.reserve(self.own, block)
        if lost:  # the power fails before the record is whole
            self.own = counters.resume(self.memory_mark)
            return
        self.memory_mark = mark
        self.own = counters.reserved(self.own, mark)

    @rule()
    def cut_after_the_commit(self) -> None:
        self.memory_mark = counters.reserve(self.own, 3)
        self.own = counters.resume(self.memory_mark)

    @rule()
    def send(self) -> None:
        if counters.left(self.own):
            counter, self.own = counters.draw(self.own)
            self.used.append(counter)

    @rule()
    def reset(self) -> None:
        self.own = counters.resume(self.memory_mark)

    @invariant()
    def no_counter_is_used_twice(self) -> None:
        assert len(set(self.used)) == len(self.used)
        assert self.used == sorted(self.used)
        assert all(counter < self.memory_mark for counter in self.used)


class Replays(RuleBasedStateMachine):
    """An attacker who holds every message that was ever sent, and a meter that is reset at times."""

    def __init__(self) -> None:
        super().__init__()
        self.received = NOTHING
        self.memory = counters.encode(NOTHING)
        self.acted: list[tuple[Link, int]] = []
        self.highest: dict[Link, int] = {}

    links = st.sampled_from([HEAD_END, OTHER_KEY, OTHER_CLIENT])

    @rule(link=links, counter=st.integers(0, 30) | st.sampled_from([END - 1, END]))
    def arrive(self, link: Link, counter: int) -> None:
        expected = self.highest.get(link, -1) < counter < 100
        try:
            counters.check(self.received, link, counter)
        except CounterError:
            assert not expected
            return
        assert expected
        self.received = counters.accept(self.received, link, counter)
        self.memory = counters.encode(self.received)
        self.highest[link] = counter
        self.acted.append((link, counter))

    @rule()
    def reset(self) -> None:
        self.received = counters.decode(self.memory)

    @invariant()
    def nothing_is_accepted_twice(self) -> None:
        assert len(set(self.acted)) == len(self.acted)


TestPowerCuts = PowerCuts.TestCase
TestReplays = Replays.TestCase


# ---------------------------------------------------------------- in the memory

LINKS = st.builds(Link, st.binary(min_size=8, max_size=8), st.integers(0, 255))


@given(st.dictionaries(LINKS, st.integers(0, END), max_size=8))
def test_the_table_comes_back_as_it_was(received: dict[Link, int]) -> None:
    assert counters.decode(counters.encode(received)) == received


def test_the_table_is_title_key_and_lowest() -> None:
    assert counters.encode({HEAD_END: 0x0102}) == b"\x01HES00001\x00\x00\x00\x01\x02"


@given(st.binary(max_size=40))
def test_a_table_that_cannot_be_read_is_refused(octets: bytes) -> None:
    try:
        received = counters.decode(octets)
    except DlmsError:
        return
    assert len(octets) == 1 + 13 * octets[0]
    assert len(received) <= octets[0]
