"""Platforms for the tests of the checklist: the shipped ones, and variations of them."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ferraris.hardware.platform.load import load
from ferraris.hardware.platform.models import Platform
from ferraris.verify.finding import Finding, Outcome

PLATFORMS = Path(__file__).resolve().parents[2] / "platforms"
GOOD = "home-1p", "shop-3p", "feeder-3p-ct"


@lru_cache
def shipped(name: str) -> Platform:
    return load(PLATFORMS / f"{name}.toml")


def altered(platform: Platform, **changes: Any) -> Platform:
    """A copy with values replaced; keys name attributes with two underscores between levels, as in adc__gain_line=8."""
    for path, value in changes.items():
        platform = _replaced(platform, path.split("__"), value)
    return platform


def _replaced(model: Any, path: list[str], value: Any) -> Any:
    name, *rest = path
    assert isinstance(model, BaseModel)
    assert name in type(model).model_fields, f"{type(model).__name__} has no {name}"
    return model.model_copy(update={name: _replaced(getattr(model, name), rest, value) if rest else value})


def finding(outcomes: Iterable[Outcome], item: str, words: str) -> Finding:
    """The one finding of an item whose quantity holds these words."""
    [found] = [each for each in outcomes if isinstance(each, Finding) and each.item == item and words in each.quantity]
    return found
