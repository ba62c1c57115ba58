"""Patterns of three voltages: a missing one, delta transformers, an open neutral, a reversed sequence."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferraris.hardware.chain.analysis import definitions
from ferraris.hardware.chain.analysis.terminals import NAMES, STRAIGHT, Terminals, WiringFinding, fault, polar

Complexes: TypeAlias = NDArray[np.complex128]

ABSENT = 0.2
"""Below this part of Un a voltage counts as missing (a floating conductor picks some up)."""
LINE = float(np.sqrt(3.0))


def voltage_findings(seen: Terminals) -> tuple[WiringFinding, ...]:
    """The first pattern that the three voltages fit."""
    patterns = (_missing, _same, _high_leg, _turned_voltage, _open_neutral, _wrong_size, _sequence)
    return next((found for pattern in patterns if (found := pattern(seen))), ())


def _missing(seen: Terminals) -> tuple[WiringFinding, ...]:
    sizes, currents = np.abs(seen.voltage), np.abs(seen.current)
    gone = [k for k in STRAIGHT if sizes[k] < ABSENT * seen.un_v]
    return tuple(
        fault(
            f"voltage of {NAMES[k]}",
            f"no voltage on {NAMES[k]}: a blown fuse or an open voltage circuit"
            + ("; its current flows and is not counted" if currents[k] >= seen.least_a else ""),
            f"U{k + 1} = {sizes[k]:.4g} V of {seen.un_v:.4g} V, I{k + 1} = {currents[k]:.4g} A",
        )
        for k in gone
    )


def _same(seen: Terminals) -> tuple[WiringFinding, ...]:
    """Two elements at one conductor."""
    for a, b in ((0, 1), (1, 2), (0, 2)):
        if abs(seen.voltage[a] - seen.voltage[b]) < 0.15 * seen.un_v:
            says = f"{NAMES[a]} and {NAMES[b]} are connected to the same conductor"
            return (fault("voltages", says, f"their voltages have the same angle: {polar(seen.voltage, 'V')}"),)
    return ()


def _high_leg(seen: Terminals) -> tuple[WiringFinding, ...]:
    """Four-wire delta: the neutral is the middle of one winding, the third conductor stands sqrt(3) away from it."""
    sizes = np.abs(seen.voltage)
    high = int(np.argmax(sizes))
    a, b = (k for k in STRAIGHT if k != high)
    opposite = abs(seen.voltage[a] + seen.voltage[b]) < 0.15 * seen.un_v
    middle = float(sizes[a] + sizes[b]) / 2.0
    # A star with an open neutral and two equal loads looks alike but for its size: half of the line voltage, 0.87 Un.
    if opposite and abs(sizes[high] / middle - LINE) < 0.1 and 0.94 < middle / seen.un_v < 1.1:
        says = (
            f"the supply is a four-wire delta with its high leg on {NAMES[high]} (neutral in the middle of one "
            f"transformer winding), not the star this meter is made for"
        )
        return (fault("delta supply", says, polar(seen.voltage, "V")),)
    return ()


def _turned_voltage(seen: Terminals) -> tuple[WiringFinding, ...]:
    """One voltage transformer the wrong way round: the star appears when that voltage is turned."""
    if is_star(seen.voltage):
        return ()
    for k in STRAIGHT:
        turned = seen.voltage.copy()
        turned[k] = -turned[k]
        if is_star(turned):
            says = f"the voltage circuit of {NAMES[k]} is reversed (transformer terminals exchanged)"
            evidence = f"angles 60 degrees apart instead of 120: {polar(seen.voltage, 'V')}"
            return (fault(f"voltage of {NAMES[k]}", says, evidence),)
    return ()


def _open_neutral(seen: Terminals) -> tuple[WiringFinding, ...]:
    """Line-to-line voltages are in order, phase voltages are not: the star point has moved."""
    negative = definitions.line_unbalance(np.abs(definitions.line_to_line(seen.voltage)))
    zero, positive, reverse = (abs(x) for x in definitions.sequences(seen.voltage))
    if negative < 0.06 and zero > 0.08 * max(positive, reverse):
        says = (
            "the neutral is missing or open: the star point has moved, phase voltages depend on the loads and "
            "appliances may be destroyed"
        )
        evidence = (
            f"zero-sequence voltage {zero:.4g} V while the line-to-line voltages are balanced to "
            f"{100 * negative:.2g} %: {polar(seen.voltage, 'V')}"
        )
        return (fault("neutral", says, evidence),)
    return ()


def _wrong_size(seen: Terminals) -> tuple[WiringFinding, ...]:
    if not is_star(seen.voltage):
        evidence = polar(seen.voltage, "V")
        return (fault("voltages", "the three voltages form no star that can be explained by one fault", evidence),)
    size = float(np.mean(np.abs(seen.voltage))) / seen.un_v
    return size_finding(size, f"mean voltage {size:.3f} Un: {polar(seen.voltage, 'V')}")


def size_finding(size: float, evidence: str) -> tuple[WiringFinding, ...]:
    """A voltage that is sqrt(3) too large or too small for this meter."""
    if 1.55 < size < 1.9:
        says = (
            "the voltage circuits are connected line to line (voltage transformers in delta): voltages are 1.73 times "
            "too high and 30 degrees away, so power is wrong at every power factor"
        )
        return (fault("delta transformers", says, evidence),)
    if 0.52 < size < 0.64:
        says = (
            "the voltages are 1.73 times too low: transformers for line-to-line voltage in a star, or the wrong ratio"
        )
        return (fault("delta transformers", says, evidence),)
    return ()


def _sequence(seen: Terminals) -> tuple[WiringFinding, ...]:
    if definitions.rotation(seen.voltage) != "L1-L3-L2":
        return ()
    says = "the phase sequence is reversed: voltages run L1-L3-L2, and the currents with them; energies stay right"
    return (fault("phase sequence", says, polar(seen.voltage, "V")),)


def is_star(voltage: Complexes) -> bool:
    """Three voltages of about the same size, a third of a turn apart, in either sequence."""
    zero, positive, negative = (abs(x) for x in definitions.sequences(voltage))
    main, rest = max(positive, negative), min(positive, negative)
    return main > 0.0 and rest < 0.15 * main and zero < 0.15 * main
