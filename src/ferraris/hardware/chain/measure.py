"""One signature for every fidelity: start a chain, then measure span after span."""

from typing import TypeAlias, assert_never

from ferraris.hardware.chain import bitstream, phasor, sampled
from ferraris.hardware.chain.chain import Chain, Span
from ferraris.hardware.world.mains import Environment, Mains
from ferraris.pins import Reading

ChainState: TypeAlias = phasor.PhasorState | sampled.SampledState | bitstream.BitstreamState


def start(chain: Chain, tick: int = 0) -> ChainState:
    """State of the metering front end at power-on, at an absolute tick of its sample clock."""
    match chain.fidelity:
        case "phasor":
            return phasor.start(chain, tick)
        case "sampled":
            return sampled.start(chain, tick)
        case "bitstream":
            return bitstream.start(chain, tick)
    assert_never(chain.fidelity)


def measure(
    chain: Chain, state: ChainState, mains: Mains, environment: Environment, span: Span
) -> tuple[ChainState, Reading]:
    """Measure the ticks of `span` at constant mains and surroundings.

    Spans follow each other without gap or overlap. However a stretch of time is cut into spans, the energies of the
    readings sum to the same integers. Nothing is changed in place.
    """
    match state:
        case phasor.PhasorState():
            return phasor.measure(chain, state, mains, environment, span)
        case sampled.SampledState():
            return sampled.measure(chain, state, mains, environment, span)
        case bitstream.BitstreamState():
            return bitstream.measure(chain, state, mains, environment, span)
    assert_never(state)


def delivered(state: ChainState) -> int:
    """Tick up to which energy has been handed out: the end of the last closed window."""
    match state:
        case phasor.PhasorState():
            return state.tick
        case sampled.SampledState():
            return int(state.carry.window[0])
        case bitstream.BitstreamState():
            return int(state.metered.carry.window[0])
    assert_never(state)
