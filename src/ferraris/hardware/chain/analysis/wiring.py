"""The wiring check: what the fundamental's angles and magnitudes say about the connections, in plain words.

A "fault" is something that cannot come from a load; a "question" is something that a fault and a healthy installation
both can show, with what to do to tell them apart. Every finding carries the figures it rests on.
"""

import numpy as np

from ferraris.hardware.chain.analysis.pairing import CLEAR, Explanation, Weighed, lags, weigh
from ferraris.hardware.chain.analysis.terminals import (
    NAMES,
    STRAIGHT,
    Terminals,
    WiringFinding,
    angles_in_words,
    fault,
    question,
)
from ferraris.hardware.chain.analysis.voltages import ABSENT, size_finding, voltage_findings

UNUSUAL = 2.3
"""Price of the right wiring from which its angles are asked about: two odd angles, and far from each other."""


def check_wiring(seen: Terminals) -> tuple[WiringFinding, ...]:
    """Everything that the connections of one or three elements show; an empty tuple where nothing is odd."""
    if len(seen.voltage) == 1:
        return (*_size_of_one(seen), *_one_phase(seen))
    voltages, weighed = voltage_findings(seen), _weighed(seen)
    if weighed is None or any(finding.subject != "phase sequence" for finding in voltages):
        return voltages
    certain = _certain(weighed)
    if certain is None:
        return (*voltages, *_sum(seen), *_questions(seen, weighed))
    # Voltages in reversed sequence beside currents that are not: it is two voltages that are exchanged.
    turned = bool(voltages) and _moved(certain) == 2
    return (*(() if turned else voltages), _wrong(seen, certain, voltages=turned))


def _live(seen: Terminals) -> tuple[bool, ...]:
    size = np.abs(seen.current)
    return tuple((size >= max(seen.least_a, 0.02 * float(size.max()))).tolist())


def _weighed(seen: Terminals) -> Weighed | None:
    live = _live(seen)
    return weigh(seen.voltage.tolist(), seen.current.tolist(), live, seen.neutral) if any(live) else None


def _certain(weighed: Weighed) -> Explanation | None:
    """The other explanation, where it is clearly the better one."""
    other = weighed.other
    return other if other is not None and other.price <= weighed.right.price - CLEAR else None


def _moved(explanation: Explanation) -> int:
    return sum(k != place for k, place in enumerate(explanation.wiring.order))


def _wrong(seen: Terminals, certain: Explanation, *, voltages: bool) -> WiringFinding:
    before, after = angles_in_words(lags(seen.voltage.tolist(), seen.current.tolist()), _live(seen)), certain.lag_deg
    evidence = f"lag of I behind U: {before}; then the lags would be {angles_in_words(after, (True,) * 3)}"
    return fault(_subject(certain), _says(certain, voltages), evidence)


def _subject(explanation: Explanation) -> str:
    return "current circuits" if not _moved(explanation) else "swapped phases"


def _says(explanation: Explanation, voltages: bool) -> str:
    """The wiring in words."""
    order, sign = explanation.wiring
    parts = []
    moved = [k for k in STRAIGHT if order[k] != k]
    if len(moved) == 2:
        what = "voltages" if voltages else "currents"
        parts.append(f"the {what} of {NAMES[moved[0]]} and {NAMES[moved[1]]} are exchanged")
    elif moved:
        pairs = ", ".join(f"the current of {NAMES[order[k]]} on the voltage of {NAMES[k]}" for k in moved)
        parts.append(f"the currents are moved on by one phase: {pairs}")
    if back := [NAMES[k] for k in STRAIGHT if sign[k] < 0]:
        parts.append(f"the current circuit of {' and '.join(back)} is reversed (transformer the wrong way round)")
    return "; ".join(parts)


def _questions(seen: Terminals, weighed: Weighed) -> tuple[WiringFinding, ...]:
    """What loads can show but wiring faults show too."""
    live, lag = _live(seen), lags(seen.voltage.tolist(), seen.current.tolist())
    evidence = f"lag of I behind U: {angles_in_words(lag, live)}"
    back = [k for k in STRAIGHT if live[k] and abs(lag[k]) > 95.0]
    if back and (weighed.right.price >= 2.0 or not _sum_settles(seen, back)):
        names = " and ".join(NAMES[k] for k in back)
        says = f"{names} feeds in: a generator, or {_alternative(weighed)}; switch generation off and look again"
        return (question("direction", says, evidence),)
    if all(live) and all(-97.0 < x < -45.0 for x in lag):
        says = (
            "all currents lead by a wide angle: capacitors, or currents moved on by one phase before motors; switch "
            "capacitors off and look again"
        )
        return (question("swapped phases", says, evidence),)
    if all(live) and all(abs(x + 30.0) < 7.0 for x in lag) and _adds_to_nought(seen):
        says = "all currents lead by 30 degrees and add up to nought: capacitive load, or current transformers in delta"
        return (question("delta transformers", says, evidence),)
    if weighed.right.price >= UNUSUAL:
        says = (
            f"the angles are unusual for loads; it could be that {_alternative(weighed)}: look again with known loads"
        )
        return (question("current circuits", says, evidence),)
    return ()


def _alternative(weighed: Weighed) -> str:
    return _says(weighed.other, voltages=False) if weighed.other is not None else "a reversed current circuit"


def _sum_settles(seen: Terminals, back: list[int]) -> bool:
    """True where the measured neutral current proves the direction of the circuits that feed in."""
    if seen.neutral is None or len(back) == 3:
        return False
    least = 0.15 * float(np.abs(seen.current).max())
    agrees = abs(complex(seen.current.sum()) - seen.neutral) <= least
    return agrees and all(abs(seen.current[k]) > least for k in back)  # one turned round would move the sum by 2 I


def _adds_to_nought(seen: Terminals) -> bool:
    return abs(complex(seen.current.sum())) < 0.02 * float(np.abs(seen.current).max())


def _sum(seen: Terminals) -> tuple[WiringFinding, ...]:
    """The neutral's own sensor against the sum of the phases."""
    if seen.neutral is None:
        return ()
    total, largest = complex(seen.current.sum()), float(np.abs(seen.current).max())
    evidence = f"sum of the phases {abs(total):.4g} A, neutral sensor {abs(seen.neutral):.4g} A"
    if abs(total - seen.neutral) <= max(0.15 * largest, seen.least_a):
        return ()
    if abs(total + seen.neutral) <= 0.15 * largest:
        return (fault("neutral", "the neutral's current sensor is reversed", evidence),)
    says = "the neutral carries another current than the phases add up to: a return past the meter, or an earth fault"
    return (question("neutral", says, evidence),)


# ------------------------------------------------------------------------------------------------ one phase


def _size_of_one(seen: Terminals) -> tuple[WiringFinding, ...]:
    size = float(abs(seen.voltage[0])) / seen.un_v
    evidence = f"U = {abs(seen.voltage[0]):.4g} V of {seen.un_v:.4g} V, I = {abs(seen.current[0]):.4g} A"
    if size < ABSENT:
        return (fault("voltage", "no voltage: a blown fuse or an open voltage circuit", evidence),)
    return size_finding(size, evidence)


def _one_phase(seen: Terminals) -> tuple[WiringFinding, ...]:
    if abs(seen.current[0]) < seen.least_a or abs(seen.voltage[0]) < ABSENT * seen.un_v:
        return _sum(seen)
    lag = lags(seen.voltage.tolist(), seen.current.tolist())[0]
    found = _sum(seen)
    if abs(lag) > 95.0:
        says = "the meter feeds in: a generator, or line and load terminals exchanged; switch generation off and check"
        return (*found, question("direction", says, f"lag of I behind U: {lag:+.1f}°"))
    return found
