"""From a platform to a whole meter on the bench: manufactured, calibrated and configured, not yet switched on."""

from ferraris.bench.bench import Bench, Entropy, stream
from ferraris.bench.clock import Clock
from ferraris.bench.configure import configure
from ferraris.bench.front_end import front_end
from ferraris.bench.storage import Part, commission
from ferraris.firmware.meter.config import RecordKind
from ferraris.hardware.chain.calibrate import build
from ferraris.hardware.chain.chain import Fidelity
from ferraris.hardware.chain.constants import encode
from ferraris.hardware.chain.production import calibrate, design
from ferraris.hardware.chain.specimen import Draw, Seed, manufacture
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.world import World
from ferraris.pins import Commit


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

    draw      how its parts and its calibration deviate; drawn from `seed` if not given
    seed      names the noise, and the stream of random bytes if `entropy` is not given
    entropy   random bytes for the firmware: the operating system's where somebody could profit from guessing them

    A new memory part gets the calibration constants here, as the last station of the production line writes them; one
    that holds records keeps its own. The front end itself comes with design values: the firmware loads the constants.

    Raises `LayoutError` if the platform's memory part is too small for what is to be remembered.
    """
    chosen = Seed(seed) if draw is None else draw
    specimen = manufacture(platform, chosen)
    config = configure(platform)
    constants = encode(calibrate(platform, specimen, chosen), specimen)
    commission(config.layout, part, Commit(RecordKind.CALIBRATION, constants))
    chain = build(platform, specimen, design(platform), fidelity, seed=seed, noise=noise)
    return Bench(config, front_end(chain), world, part, clock, entropy or stream(seed))
