"""Ratings of the platform's own parts as limits, with their provenance."""

from ferraris.hardware.platform.models import Platform
from ferraris.verify.finding import Basis, Limit, Sense


def rating(platform: Platform, key: str, value: float, sense: Sense = "max") -> Limit:
    """A limit that a part of the platform sets, under its key in the file ("adc.absolute_max").

    The basis is "seen" or "recalled" where the value comes from the catalogue, and "platform" where the file states it
    or the catalogue's own design does.
    """
    for source in platform.sources:
        if source.key == key:
            basis: Basis = "platform" if source.ours else "seen" if source.seen else "recalled"
            return Limit(value, f"{source.part}: {source.source}", basis, sense)
    return Limit(value, f"{key} of the platform file", "platform", sense)


def rule(value: float, why: str, sense: Sense = "max") -> Limit:
    """A design rule of this project; each is argued in docs/checklist.md."""
    return Limit(value, f"design rule: {why}", "rule", sense)
