"""Calls of `step` written out by hand, for the auditor to hear. Energies are a handful of quanta, sums fit the head."""

from datetime import UTC, datetime

from ferraris.bench.auditor.auditor import Account, Auditor, Damaged
from ferraris.bench.auditor.books import Close, Passive, Reason
from ferraris.bench.auditor.terms import OVER_ALL, Profile, Tariff, Terms
from ferraris.pins import RESET_BUTTON, Commit, Edge, Energies, Inputs, Output, Reading, SetRtc

QUARTER = 900
HOURLY = (Profile(3600, (("active_import", OVER_ALL),)), Profile(86_400, (("active_import", OVER_ALL),)))
"""An hourly and a daily profile of A+."""
DAY_AND_NIGHT = Tariff(((1, 1, "w"),), {"w": ("d",) * 7}, {"d": ((6 * 3600, 1), (22 * 3600, 2))}, fallback=3)
"""Rate 1 from 6:00, rate 2 from 22:00; no switch at 0:00, so before 6:00 the last one of the day holds."""


def utc(text: str) -> int:
    """Milliseconds of "2026-03-29 00:59:59.5", UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def energies(*parts: int) -> Energies:
    return Energies(*parts)


class Tape:
    """What an auditor hears; every call is durable unless it is said that it is not."""

    def __init__(self, terms: Terms, start: str, *, lost: bool = False) -> None:
        self.auditor = Auditor(terms)
        self.boot(start, lost=lost)

    def hear(self, inputs: Inputs, *outputs: Output, durable: bool = True) -> None:
        self.auditor.observe(inputs, (Commit(1, b""), *outputs) if durable else outputs)
        if durable:
            self.auditor.durable()

    def boot(self, at: str, *outputs: Output, lost: bool = False, cause: str = "power") -> None:
        self.hear(Inputs(utc(at), 0, reset_cause=cause, clock_lost=lost), *outputs)

    def read(self, at: str, active_import: int = 0, *, durable: bool = True) -> None:
        """A measuring call with so many quanta of A+ on one element."""
        self.bring(at, (Energies(active_import),), Energies(active_import), durable=durable)

    def bring(self, at: str, phases: tuple[Energies, ...], total: Energies, *, durable: bool = True) -> None:
        brought = Reading(0, 1, phases, total, (), None, 50.0, 25.0, (), ())
        self.hear(Inputs(utc(at), 1, brought), durable=durable)

    def press(self, at: str) -> None:
        self.hear(Inputs(utc(at), 1, edges=(Edge(RESET_BUTTON, True, 1), Edge(RESET_BUTTON, False, 1))))

    def command(self, at: str, *outputs: Output) -> None:
        """A call that only brings a command, so not a measuring one."""
        self.hear(Inputs(utc(at), 1, received=((1, b"command"),)), *outputs)

    def set_clock(self, old: str, new: str) -> None:
        self.command(old, SetRtc(utc(new)))

    def close(self, at: str, reason: Reason = "command") -> None:
        self.command(at)
        self.auditor.told(Close(utc(at), reason))

    def load(self, at: str, tariff: Tariff, activation: str) -> None:
        self.command(at)
        self.auditor.told(Passive(tariff, utc(activation)))

    def damage(self) -> None:
        self.auditor.told(Damaged())

    def die(self) -> None:
        self.auditor.power_lost()

    def outage(self, last: str, back: str, active_import: int = 0) -> None:
        """The supply fails with a last reading, and is back."""
        self.read(last, active_import)
        self.die()
        self.boot(back)

    def account(self) -> Account:
        assert self.auditor.complaints == []
        return self.auditor.account()

    def rate_registers(self) -> dict[int, int]:
        """A+ of each rate."""
        return {rate: held.active_import for rate, held in self.account().registers.rates.items()}

    def rows(self, number: int = 0) -> list[tuple[int, int]]:
        """Stamp and A+ of each row."""
        return [(row.stamp, row.values[0]) for row in self.account().rows[number]]

    def statuses(self, number: int = 0) -> list[set[str]]:
        return [set(row.status) for row in self.account().rows[number]]

    def windows(self) -> tuple[int, int]:
        """A+ of the latest finished window and of the one that ends now."""
        account = self.account()
        return account.energy[0], account.current[0]

    def maximum(self, rate: int = OVER_ALL) -> tuple[int, int | None]:
        """A+: window and stamp."""
        held = self.account().maxima[rate][0]
        return held.window, held.stamp
