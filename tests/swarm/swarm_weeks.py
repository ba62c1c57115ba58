"""Draws weeks: `week(seed)` is the same story for the same seed, wherever it runs.

Nearly everything that can go wrong goes wrong at an instant at which something ends, or a few milliseconds beside it.
So a week begins near a change of summer time, a leap day, a month's or a year's end, and its events are put on such
instants.
"""

from collections.abc import Callable, Iterator
from datetime import date
from random import Random

from swarm_story import (
    WEEK_MS,
    WINDOW_MS,
    CloseBilling,
    Dip,
    Event,
    Load,
    LoadCalendar,
    Look,
    Outage,
    Press,
    SetClock,
    Story,
)

from ferraris.bench.auditor.almanac import instant, local, next_close, next_end, next_multiple, place, rate_at
from ferraris.bench.auditor.terms import DAY_S, Demand, Profile, Schedule, Tariff, Terms, Zone
from ferraris.pins import Energies

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
STEP_S = 900
"""Switches and ends of billing periods lie on whole quarters of an hour."""
PHASOR_SHARE = 0.1
"""Weeks that the real chain measures, where a meter has one."""
ZONES: tuple[Zone, ...] = ("Europe/Berlin", "Europe/Berlin", "Europe/Berlin", "Europe/Lisbon", 330, None)


def week(seed: int) -> Story:
    """The story of a seed."""
    chance = Random(f"week {seed}")
    zone = chance.choice(ZONES)
    start = _start(chance, zone)
    terms = _terms(chance, zone, start)
    events = tuple(Week(chance, terms, start).events())
    loads, commit_every = _loads(chance, terms.elements), chance.choice((1, 1, 3, 12))
    chain = "phasor" if chance.random() < PHASOR_SHARE else "integer"
    return Story(seed, terms, start, loads, events, commit_every=commit_every, chain=chain)


# ------------------------------------------------------------------------------------------------ the meter


def _start(chance: Random, zone: Zone) -> int:
    """A few days before something happens in the calendar."""
    year = chance.choice((2024, 2024, 2025, 2027, 2028, 2032))
    days = [(3, 26), (3, 29), (10, 25), (10, 28), (2, 27), (2, 27), (12, 31), (1, 1), (4, 30), (6, 30), (7, 14)]
    month, day = chance.choice(days)
    first = date.fromordinal(date(year, month, day).toordinal() - chance.randrange(5))
    moment = local(zone, 0).replace(year=first.year, month=first.month, day=first.day, hour=0, tzinfo=place(zone))
    return instant(moment) + chance.choice((0, chance.randrange(DAY)))


def _terms(chance: Random, zone: Zone, start: int) -> Terms:
    rates = tuple(range(1, chance.choice((1, 2, 2, 3, 4)) + 1))
    minutes = chance.choice((5, 15, 15, 30, 60))
    near = local(zone, start + chance.randrange(WEEK_MS)).day
    hour, minute = chance.choice((0, 0, 0, 6, 12)), chance.choice((0, 0, 30))
    return Terms(
        elements=chance.choice((1, 1, 3)),
        netting=chance.choice(("vector", "per_phase")),
        zone=zone,
        tariff=_tariff(chance, zone, start, rates),
        rates=rates,
        demand=Demand(60 * minutes, chance.choice((1, 1, 2, 3, 4))),
        profiles=(_profile(chance, (300, 900, 900, 1800), rates), _profile(chance, (3600, 14_400, DAY_S), rates)),
        schedule=chance.choice((Schedule(near, hour, minute), Schedule("last"), Schedule(), Schedule(None), None)),
        small_shift_s=chance.choice((0, 3, 30, 60)),
        long_outage_s=180,
        lock_out_s=chance.choice((0, 600, 7200)),
    )


def _profile(chance: Random, periods: tuple[int, ...], rates: tuple[int, ...]) -> Profile:
    names = chance.sample(Energies._fields, 3)
    return Profile(chance.choice(periods), tuple((name, chance.choice((0, *rates))) for name in names))


def _tariff(chance: Random, zone: Zone, start: int, rates: tuple[int, ...]) -> Tariff:
    """One to three seasons, two kinds of weeks, a special day or two in the week of the story."""
    days = {name: _day(chance, rates) for name in ("working", "free", "special")}
    plain = ("working",) * 5 + ("free",) * 2
    weeks = {"plain": plain, "other": tuple(chance.choice(("working", "free")) for _ in range(7))}
    near = local(zone, start + chance.randrange(WEEK_MS))
    begins = {(near.month, min(near.day, 28)), *chance.sample([(1, 15), (4, 1), (7, 1), (10, 1)], chance.randrange(3))}
    seasons = tuple((*begin, ("plain", "other")[number % 2]) for number, begin in enumerate(sorted(begins)))
    holiday = local(zone, start + chance.randrange(WEEK_MS))
    year = chance.choice((None, holiday.year))
    special = ((year, holiday.month, holiday.day, "special"), (None, 2, 29, "special"))
    return Tariff(seasons, weeks, days, tuple(chance.sample(special, chance.randrange(3))), chance.choice(rates))


def _day(chance: Random, rates: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Some switches, also in the hours that summer time repeats and skips; a day may lack one at 00:00."""
    often = (0, 3600, 2 * 3600, 2 * 3600 + 1800, 3 * 3600, 6 * 3600, 22 * 3600, 85_500)
    any_time = chance.randrange(DAY_S // STEP_S) * STEP_S
    switches = sorted({chance.choice(often), chance.choice(often), chance.choice(often), any_time})
    return tuple((second, chance.choice(rates)) for second in switches)


def _loads(chance: Random, elements: int) -> tuple[Load, ...]:
    """A load for some hours, then another; odd figures, so that every register carries a remainder."""
    loads, window = [], 0
    while window * WINDOW_MS < WEEK_MS:
        loads.append(Load(window, tuple(_power(chance) for _ in range(elements))))
        window += chance.choice((7, 4500, chance.randrange(1, 90_000), chance.randrange(1, 200_000)))
    return tuple(loads)


def _power(chance: Random) -> tuple[int, int]:
    """Milliwatts and millivars, either sign, sometimes none."""
    size = chance.choice((0, 1000, 10_000_000, 23_000_000)) + chance.randrange(1000)
    return chance.choice((1, 1, 1, -1)) * size, chance.choice((1, -1)) * size * chance.randrange(4) // 3


# ------------------------------------------------------------------------------------------------ what happens


class Week:
    """Goes through a week event by event; keeps in mind roughly what the meter's clock shows."""

    def __init__(self, chance: Random, terms: Terms, start: int) -> None:
        self.chance, self.terms = chance, terms
        self.now, self.offset = 0, start
        self.lost_ms = 0
        """What a lost clock lacks; 0 while it is right."""

    def events(self) -> Iterator[Event]:
        """In order of time, never two at once, all before the end of the week."""
        kinds: list[Callable[[], Iterator[Event]]] = [
            self.outage, self.outage, self.outage, self.storm, self.dip, self.shift, self.shift, self.jump, self.jump,
            self.close, self.press, self.calendar, self.calendar, self.look,
        ]  # fmt: skip
        for _ in range(self.chance.randrange(3, 25)):
            for event in self.chance.choice(kinds)():
                if event.at >= WEEK_MS - DAY - (event.for_ms if isinstance(event, Outage) else 0):
                    return
                yield event
            if self.chance.random() < 0.3:  # soon after: what a later event would hide still shows
                yield from self.look(self.chance.choice((SECOND, HOUR)))

    @property
    def clock(self) -> int:
        return self.now + self.offset

    def special(self, within: int) -> int:
        """A clock time soon at which something ends, or a few milliseconds beside it; always in the future."""
        terms, chance = self.terms, self.chance
        near = self.clock + chance.randrange(within)
        ends = [next_multiple(terms.zone, terms.demand.period_s, near), next_end(terms.zone, DAY_S, near)]
        ends += [next_end(terms.zone, profile.period_s, near) for profile in terms.profiles]
        ends += [next_close(terms.schedule, terms.zone, near)] if terms.schedule else []
        ends += [self.switch(near), *self.summer(near)]
        soon = [end for end in ends if end - self.clock <= within + HOUR]
        beside = chance.choice((0, 0, 0, 1, -1, 3, -5, 200, -200, chance.randrange(-MINUTE, MINUTE)))
        return max((chance.choice(soon) if soon else near) + beside, self.clock + 1)

    def switch(self, near: int) -> int:
        """The next switch of a rate after an instant, or one a day later if there is none so soon."""
        zone, tariff = self.terms.zone, self.terms.tariff
        first = near // (STEP_S * SECOND) + 1
        rate = rate_at(tariff, zone, near)
        steps = (number * STEP_S * SECOND for number in range(first, first + 24))
        return next((at for at in steps if rate_at(tariff, zone, at) != rate), near + DAY)

    def summer(self, near: int) -> list[int]:
        """The change of summer time on this or the next day, if there is one."""
        zone, hour = self.terms.zone, near // HOUR
        offset = local(zone, near).utcoffset()
        if local(zone, near + 2 * DAY).utcoffset() == offset:
            return []
        return [at * HOUR for at in range(hour, hour + 49) if local(zone, at * HOUR).utcoffset() != offset][:1]

    def go(self, within: int = DAY // 2) -> int:
        """Let time pass, to a special instant mostly."""
        wait = self.special(within) - self.clock if self.chance.random() < 0.7 else self.chance.randrange(1, within)
        self.now += wait
        return self.now

    def length(self) -> int:
        """Of an outage."""
        chance = self.chance
        days = chance.randrange(1, 3 * DAY)
        some = (chance.randrange(1, 3 * SECOND), chance.randrange(1, 20 * MINUTE), days, days, 180_000)
        if chance.random() < 0.5:
            return self.special(chance.choice((MINUTE, HOUR, DAY))) - self.clock
        return chance.choice(some)

    def die(self, for_ms: int, *, may_lose: bool = True) -> Outage:
        warned = self.chance.random() < 0.85
        loses = may_lose and for_ms > HOUR and self.chance.random() < 0.4
        found = Outage(self.now, for_ms, warned, loses)
        self.now += for_ms
        if loses:
            self.offset -= for_ms
            self.lost_ms += for_ms
        return found

    def outage(self) -> Iterator[Event]:
        self.go()
        yield self.die(self.length())
        if self.lost_ms and self.chance.random() < 0.7:
            yield from self.mend()

    def mend(self) -> Iterator[Event]:
        """Somebody sets the clock that was lost, right or nearly so."""
        self.go(self.chance.choice((HOUR, DAY, 2 * DAY)))
        by = self.lost_ms + self.chance.choice((0, 0, 1000, -1000, -self.lost_ms))
        self.lost_ms = 0
        yield self.set(by)

    def storm(self) -> Iterator[Event]:
        for _ in range(self.chance.randrange(3, 9)):
            self.go(self.chance.choice((1000, 10_000, MINUTE, 10 * MINUTE)))
            yield self.die(self.chance.randrange(1, 5000), may_lose=False)

    def dip(self) -> Iterator[Event]:
        self.go()
        for_ms = self.chance.choice((1, 20, 300, 2000))
        yield Dip(self.now, for_ms)
        self.now += for_ms

    def set(self, by_ms: int) -> SetClock:
        self.offset += by_ms
        return SetClock(self.now, by_ms)

    def shift(self) -> Iterator[Event]:
        """By less than the limit, by exactly that, by a millisecond more; sometimes several in a row."""
        self.go()
        limit = self.terms.small_shift_s * SECOND
        for _ in range(self.chance.choice((1, 1, 3))):
            size = self.chance.choice((0, 1, limit, limit, limit + 1, self.chance.randrange(limit + 1)))
            yield self.set(self.chance.choice((1, -1)) * size)
            self.now += self.chance.choice((1, 150, 10_000, 40_000))

    def jump(self) -> Iterator[Event]:
        """Minutes to days, also exactly to where something ends, and back again."""
        chance = self.chance
        self.go()
        size = chance.choice((chance.randrange(HOUR), HOUR, chance.randrange(DAY), DAY))
        by = self.special(2 * DAY) - self.clock if chance.random() < 0.5 else chance.choice((1, -1)) * size
        yield self.set(by)
        if chance.random() < 0.5:
            self.go(HOUR)
            yield self.set(-by)

    def close(self) -> Iterator[Event]:
        self.go()
        yield CloseBilling(self.now)
        yield from self.again(CloseBilling)

    def press(self) -> Iterator[Event]:
        self.go()
        yield Press(self.now)
        yield from self.again(Press)

    def again(self, kind: Callable[[int], Event]) -> Iterator[Event]:
        """Once more, at the very end of the lock-out time or a millisecond before, or some time."""
        lock = self.terms.lock_out_s * SECOND
        waits = (max(lock - 1, 1), max(lock, 1), self.chance.randrange(1, HOUR))
        for _ in range(self.chance.randrange(3)):
            self.now += self.chance.choice(waits)
            yield kind(self.now)

    def calendar(self) -> Iterator[Event]:
        """A passive calendar; often an outage lies over its activation."""
        chance, terms = self.chance, self.terms
        self.go()
        activation = self.special(DAY)
        tariff = _tariff(chance, terms.zone, self.offset, terms.rates)
        yield LoadCalendar(self.now, tariff, activation)
        if chance.random() < 0.4 and activation - self.clock > 2:
            self.now += (activation - self.clock) // 2
            yield self.die(activation - self.clock + chance.choice((0, 1, HOUR)))

    def look(self, within: int = DAY) -> Iterator[Event]:
        self.go(within)
        yield Look(self.now)
