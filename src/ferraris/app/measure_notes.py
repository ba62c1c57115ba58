"""What a reader must know to judge the errors that `ferraris measure` shows, and what `ferraris run` meters."""

import numpy as np

from ferraris.hardware.chain.chain import Chain, Fidelity
from ferraris.hardware.chain.specimen import Specimen, element_names
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.recording import Cycles, Recording
from ferraris.hardware.world.truth import Truth


def notes_on(chain: Chain, platform: Platform, recording: Recording, true: Truth) -> list[str]:
    """What a reader must know to judge the errors."""
    notes = notes_at_terminals(chain.specimen, chain.fidelity, platform, recording, true)
    if isinstance(recording, Cycles):
        notes.append(
            "current includes the mean of each cycle, which a meter removes; reactive and apparent power are means "
            "over windows of about 200 ms, and a window that straddles two cycles mixes them: --hold makes that rarer"
        )
    else:
        notes.append("true reactive and apparent power are of the whole recording, the meter forms them every 200 ms")
    return notes


def notes_at_terminals(
    specimen: Specimen, fidelity: Fidelity, platform: Platform, recording: Recording, true: Truth
) -> list[str]:
    """What is peculiar about a recording at the terminals of this meter, compared with anything or not."""
    notes = [*recording.notes, *_clipped(specimen, fidelity, platform, recording), *_dc_notes(platform, true)]
    nominal = platform.meter.frequency_hz
    if abs(true.frequency_hz / nominal - 1.0) > 0.02:
        notes.append(f"the recording has {true.frequency_hz:.4g} Hz, the meter was calibrated at {nominal:g} Hz")
    return notes


def _clipped(specimen: Specimen, fidelity: Fidelity, platform: Platform, recording: Recording) -> list[str]:
    """Channels whose peaks leave the converter's range: their errors are the recording's fault, or the scale's.

    The phasor fidelity has no converter that could clip: its figures are then better than the meter's, and say so.
    """
    count, full_scale = platform.elements, 1.0 / (specimen.sensitivity * specimen.gain)
    clips = "the converter clips at {:.4g}"
    if fidelity == "phasor":
        clips = "the converter would clip at {:.4g}, which the phasor fidelity does not model"
    waves = {"U": recording.voltage_v, "I": recording.current_a}
    notes = []
    for offset, (kind, wave) in zip((0, count), waves.items(), strict=True):
        for e in range(count):
            peak, limit = float(np.abs(wave[e]).max()), float(full_scale[offset + e])
            if peak > limit:
                notes.append(f"{kind}{e + 1} peaks at {peak:.4g}, {clips.format(limit)}: see --scale")
    return notes


def _dc_notes(platform: Platform, true: Truth) -> list[str]:
    """A meter removes DC: say so where the recording's mean values carry power."""
    return [
        f"{name}: {exact.dc_w:+.4g} W of the true power is mean voltage times mean current, which a meter removes"
        for name, exact in zip(element_names(platform.elements), true.phases, strict=True)
        if abs(exact.dc_w) > 1e-5 * abs(exact.active_w)
    ]
