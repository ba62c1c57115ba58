"""A resistive divider from mains to converter: what each resistor bears, and how its ratio moves."""


def ratio(upper_ohm: float, lower_ohm: float, load_ohm: float) -> float:
    """Output over input voltage: Rp / (Ru + Rp) with Rp = Rl in parallel with the load. Dimensionless.

    Source: Kirchhoff's laws; resistive at the frequencies of interest.
    """
    loaded = parallel_ohm(lower_ohm, load_ohm)
    return loaded / (upper_ohm + loaded)


def parallel_ohm(first_ohm: float, second_ohm: float) -> float:
    """Two resistances in parallel, ohm."""
    return first_ohm * second_ohm / (first_ohm + second_ohm)


def worst_share(count: int, relative_tolerance: float) -> float:
    """Largest part of the upper string's voltage that one of its `count` equal resistors can bear. Dimensionless.

    (1 + t) / ((1 + t) + (n - 1)(1 - t)): one resistor at its upper tolerance, the others at their lower one.
    Source: voltage division in a series string.
    """
    high, low = 1.0 + relative_tolerance, 1.0 - relative_tolerance
    return high / (high + (count - 1) * low)


def worst_power_w(voltage_v: float, count: int, nominal_ohm: float, relative_tolerance: float) -> float:
    """Largest power one of `count` equal resistors in series can take from `voltage_v` RMS: U^2 R1 / (sum R)^2, in W.

    The others stand at their lower tolerance; R1 at whichever end is worse (lower in a string of one or two, upper in a
    longer one).
    Source: Joule's and Kirchhoff's laws; the lower resistor's few kilohms are neglected, which overstates the power.
    """
    low, high = 1.0 - relative_tolerance, 1.0 + relative_tolerance
    share = max(own / (own + (count - 1) * low) ** 2 for own in (low, high))
    return voltage_v**2 / nominal_ohm * share


def leakage_error(leakage_a: float, source_ohm: float, signal_v: float) -> float:
    """Relative error that a clamp's leakage makes at the divider's tap, at most: I R / U. Dimensionless.

    leakage_a   leakage at the voltage in question, A
    source_ohm  resistance the tap shows (upper and lower in parallel), ohm
    signal_v    peak of the signal at the tap, V
    Source: Ohm's law; a bound, since a leakage in phase with the signal at every instant is the worst shape.
    """
    return leakage_a * source_ohm / signal_v
