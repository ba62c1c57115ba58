"""A recording the user named, read for one meter: the options `--map` and `--scale`, and the phases it must have."""

from pathlib import Path

from ferraris.app.show import UserError
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.world.channels import parse_map, parse_scale
from ferraris.hardware.world.recording import Recording
from ferraris.hardware.world.recordings import read


def recording_for(platform: Platform, path: Path, channel_map: str | None, scale: str | None) -> Recording:
    """Read it; raises RecordingError, and UserError where it has not the meter's phases."""
    maps = None if channel_map is None else parse_map(channel_map)
    scales = None if scale is None else parse_scale(scale)
    recording = read(path, maps, scales)
    found, wanted = recording.voltage_v.shape[0], platform.elements
    if found != wanted:
        raise UserError(
            f"{path}: has {found} phase(s), {platform.meter.name} measures {wanted}: "
            f"name the channels with --map, or choose another platform"
        )
    return recording
