"""Which current belongs to which voltage: every wiring of three current circuits weighed against what loads do.

Of three current circuits each may be reversed and any two exchanged: 48 wirings. Each explains the angles seen with
angles of its own behind it, and each has a price: how unusual those angles are for real loads, and how unusual the
wiring fault itself is. A fault is reported where the cheapest wiring is not the right one by a clear margin; where
two explanations are about as good (a reversed circuit and a generator look the same), it is a question.

Prices are our own choice, no standard's; the tests hold them to healthy loads over a wide range and to every fault.
"""

from cmath import phase
from collections.abc import Sequence
from itertools import permutations, product
from math import degrees
from typing import NamedTuple

from ferraris.hardware.chain.analysis.terminals import STRAIGHT

REVERSAL, ALL_REVERSED, EXCHANGE, CYCLE = 3.0, 5.0, 2.5, 5.0
"""Prices of wiring faults: one reversed circuit, a meter fed from the wrong side, two exchanged, all three moved on."""

SUM_DISAGREES = 4.0
"""Price of a wiring under which the currents do not add up to the measured neutral current."""

CLEAR = 0.99
"""How much cheaper an explanation must be to be called certain: one step of the price list, less rounding."""


class Wiring(NamedTuple):
    """Element k's current terminals carry `sign[k]` times the current of conductor `order[k]`."""

    order: tuple[int, ...]
    sign: tuple[int, ...]


RIGHT = Wiring(STRAIGHT, (1, 1, 1))


class Explanation(NamedTuple):
    """A wiring, its price, and the lag of each conductor's current behind its voltage that it implies, degrees."""

    price: float
    wiring: Wiring
    lag_deg: tuple[float, ...]


class Weighed(NamedTuple):
    """The right wiring's price and the cheapest of the others."""

    right: Explanation
    other: Explanation | None


def lags(voltage: Sequence[complex], current: Sequence[complex]) -> tuple[float, ...]:
    """Lag of each current behind its voltage, degrees in (-180, 180]; nought where there is no current."""
    pairs = zip(voltage, current, strict=True)
    return tuple(degrees(phase(complex(u) * complex(i).conjugate())) for u, i in pairs)


def weigh(
    voltage: Sequence[complex], current: Sequence[complex], live: Sequence[bool], neutral: complex | None
) -> Weighed:
    """Weigh all wirings of three current circuits.

    voltage, current (3,) fundamental phasors as metered; live (3,) which currents are worth an angle; neutral the
    measured neutral current or None. Circuits without current keep their places.
    """
    seen = _Seen(tuple(voltage), tuple(current), tuple(live), neutral)
    explained = [_explain(seen, wiring) for wiring in _wirings(live)]
    right, others = explained[0], explained[1:]
    return Weighed(right, min(others, key=lambda e: e.price) if others else None)


class _Seen(NamedTuple):
    voltage: tuple[complex, ...]
    current: tuple[complex, ...]
    live: tuple[bool, ...]
    neutral: complex | None


def _wirings(live: Sequence[bool]) -> list[Wiring]:
    """Every wiring of the live circuits, the right one first."""
    orders = [order for order in permutations(STRAIGHT) if all(live[k] or order[k] == k for k in STRAIGHT)]
    signs = [sign for sign in product((1, -1), repeat=3) if all(live[k] or sign[k] == 1 for k in STRAIGHT)]
    return [Wiring(order, sign) for order in orders for sign in signs]


def _explain(seen: _Seen, wiring: Wiring) -> Explanation:
    true = [0j, 0j, 0j]
    for k in STRAIGHT:
        true[wiring.order[k]] = wiring.sign[k] * seen.current[k]
    angles, largest = lags(seen.voltage, true), max(map(abs, true))
    live = [k for k in STRAIGHT if seen.live[wiring.order.index(k)]]
    price = wiring_price(wiring, seen.live) + load_price([angles[k] for k in live])
    if wiring != RIGHT:
        price += mismatch_price([angles[k] for k in live], [abs(true[k]) for k in live])
    if seen.neutral is not None and abs(sum(true) - seen.neutral) > 0.15 * largest:
        price += SUM_DISAGREES
    return Explanation(price, wiring, angles)


def wiring_price(wiring: Wiring, live: Sequence[bool]) -> float:
    """How unusual a wiring is."""
    moved = sum(k != place for k, place in enumerate(wiring.order))
    back = wiring.sign.count(-1)
    reversal = ALL_REVERSED if back > 1 and back == sum(live) else REVERSAL * back
    return reversal + (0.0 if moved == 0 else EXCHANGE if moved == 2 else CYCLE)


def load_price(lag_deg: list[float]) -> float:
    """How unusual the angles of real loads are: each consumer on its own, all that feed in by one common cause.

    A three-phase inverter, or generation beside motors, puts several phases at unusual angles at once. Consumers whose
    angles lie more than 60 degrees apart cost extra: motors and capacitors seldom share an installation phase by phase.
    """
    feeding = [lag for lag in lag_deg if abs(lag) > 95.0]
    consuming = [lag for lag in lag_deg if abs(lag) <= 95.0]
    price = sum(_surprise(lag) for lag in consuming)
    if feeding:
        price += max(_surprise(lag) for lag in feeding) + 0.25 * (len(feeding) - 1)
    if consuming:
        price += max(0.0, max(consuming) - min(consuming) - 60.0) / 40.0
    return price


def mismatch_price(lag_deg: list[float], size_a: list[float]) -> float:
    """What a supposed fault has to pay for leaving loads that do not resemble each other.

    A wiring fault explains strange angles by ordinary ones, and ordinary loads of one installation are alike: angles
    within 15 degrees, currents within a factor of five. Generation with heaters can show any angle, but by chance.
    """
    price = max(0.0, max(lag_deg) - min(lag_deg) - 15.0) / 30.0
    return price + (1.0 if max(size_a) > 5.0 * min(size_a) else 0.0)


def _surprise(lag_deg: float) -> float:
    """Price of one angle.

    Consumers from 45 degrees leading to 66 lagging (PF 0.4) are ordinary, generators feed within 28 degrees of the
    opposite (PF 0.88), a generator beside motors shows P < 0 and Q > 0, and hardly anything else is found.
    """
    if -45.0 <= lag_deg <= 66.0:
        return 0.0
    if abs(lag_deg) <= 95.0:
        return 1.0
    if abs(lag_deg) >= 152.0:
        return 1.5
    return 2.5 if lag_deg > 0.0 else 4.0
