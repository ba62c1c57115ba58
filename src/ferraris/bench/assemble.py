"""From a platform to a whole meter on the bench: manufactured, calibrated and configured, not yet switched on."""

from ferraris.bench.bench import Bench, Entropy, stream
from ferraris.bench.clock import Clock
from ferraris.bench.configure import configure
from ferraris.bench.front_end import front_end
from ferraris.bench.storage import Part
from ferraris.hardware.chain.calibrate import build, calibrate
from ferraris.hardware.chain.chain import Fidelity
from ferraris.hardware.chain.specimen import Draw, Seed, manufacture
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.world import World


def assemble(
    platform: Platform,
    world: World,
    part: Part,
    clock: Clock,
    *,
    fidelity: Fidelity = "sampled",
    draw: Draw | None = None,
    seed: int = 0,
    noise: bool = True,
    entropy: Entropy | None = None,
) -> Bench:
    """A meter without power; `Bench.switch_on` starts it.

    draw      how its parts deviate; drawn from `seed` if not given
    seed      names the noise, and the stream of random bytes if `entropy` is not given
    entropy   random bytes for the firmware: the operating system's where somebody could profit from guessing them

    Raises `LayoutError` if the platform's memory part is too small for what is to be remembered.
    """
    specimen = manufacture(platform, Seed(seed) if draw is None else draw)
    chain = build(platform, specimen, calibrate(platform, specimen), fidelity, seed=seed, noise=noise)
    return Bench(configure(platform), front_end(chain), world, part, clock, entropy or stream(seed))
