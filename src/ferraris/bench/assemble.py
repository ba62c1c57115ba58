"""From a platform to a whole meter on the bench: manufactured, calibrated and configured, not yet switched on."""

from dataclasses import replace

from ferraris.bench.bench import Bench
from ferraris.bench.clock import Clock
from ferraris.bench.configure import configure
from ferraris.bench.front_end import front_end
from ferraris.bench.power import Carrier, Power
from ferraris.bench.rate import Rate
from ferraris.bench.storage import Part, commission
from ferraris.bench.trim_plan import trim_plan
from ferraris.bench.witness import Entropy, stream
from ferraris.firmware.meter.config import RecordKind
from ferraris.hardware.chain.calibrate import build
from ferraris.hardware.chain.chain import Fidelity
from ferraris.hardware.chain.constants import encode
from ferraris.hardware.chain.production import calibrate, design
from ferraris.hardware.chain.specimen import Draw, Seed, manufacture
from ferraris.hardware.physics.reserve import full, manufacture_store, store_v
from ferraris.hardware.physics.supply import power_supply
from ferraris.hardware.physics.time_base import manufacture_time_base, production_trim_ppb
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
    board: bool = False,
    years: float = 0.0,
) -> Bench:
    """A meter without power; `Bench.switch_on` starts it.

    draw      how its parts and its calibration deviate; drawn from `seed` if not given
    seed      names the noise, and the stream of random bytes if `entropy` is not given
    entropy   random bytes for the firmware: the operating system's where somebody could profit from guessing them
    board     with what stands around the chips: the supply, the crystal and the store that carries the clock, as
              far as the platform has them; otherwise the clock is exact and the meter is switched by hand
    years     age of that board at true time 0

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
    bench = Bench(config, front_end(chain), world, part, clock, entropy or stream(seed))
    return mounted(platform, bench, chosen, years) if board else bench


def mounted(platform: Platform, bench: Bench, draw: Draw, years: float) -> Bench:
    """The bench with the board around the meter's chips, drawn as its specimen was."""
    base, store = manufacture_time_base(platform, draw), manufacture_store(platform, draw, years)
    supply = power_supply(platform, draw, years)
    if base is not None:
        bench.config = replace(bench.config, trim=trim_plan(platform, base))
        backup_v = base.rail_v if store is None else store_v(store, full(store))
        bench.rate = Rate(base, base.rail_v, backup_v, years, production_trim_ppb(base))
    if supply is not None:
        assert platform.supply is not None, "a supply of nothing"
        carrier = None if store is None else Carrier(store)
        load_w = platform.supply.failing_load_w
        bench.power = Power(supply, platform.meter.un_v, platform.nvm, load_w, carrier)
    return bench
