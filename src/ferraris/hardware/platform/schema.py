"""The JSON schema of a platform file, so that an editor completes keys and marks mistakes while one types.

Made from the models: quantities are strings with a pattern and an example. A named part of the catalogue can stand in
for keys, which pydantic's own schema cannot know; that is added here.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from ferraris.hardware.platform.catalogue import Kind, names
from ferraris.hardware.platform.models import Platform

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Json: TypeAlias = dict[str, Any]

PARTS: Mapping[str, Kind] = {
    "Divider": "divider",
    "Filter": "filter",
    "Shunt": "shunt",
    "CurrentTransformer": "ct",
    "Rogowski": "rogowski",
    "Adc": "adc",
    "Soc": "soc",
    "Nvm": "nvm",
    "Crystal": "crystal",
    "Tcxo": "tcxo",
    "Supercapacitor": "supercapacitor",
    "LithiumCell": "lithium",
}
"""Models that may name a part, and the kind of part."""

FROM_PLATFORM: Mapping[Kind, tuple[str, ...]] = {
    "shunt": ("kind",),
    "ct": ("kind",),
    "rogowski": ("kind",),
    "adc": ("gain_voltage", "gain_line", "gain_neutral"),
    "crystal": ("kind", "capacitors", "stray", "supply_sensitivity", "supply", "backup_current", "life"),
    "tcxo": ("kind", "life"),
    "supercapacitor": ("kind", "voltage", "minimum_voltage", "service_temperature", "hold_up"),
    "lithium": ("kind", "minimum_voltage", "unpowered_share", "service_temperature", "hold_up"),
}
"""Keys that no part gives: what the thing is, how the design sets it, and what is asked of it."""


def schema() -> Json:
    """Return the JSON schema (draft 2020-12) of a platform file."""
    made = Platform.model_json_schema(by_alias=True)
    definitions = {name: _with_parts(name, each) for name, each in made["$defs"].items()}
    heading = {"$schema": DIALECT, "title": "ferraris platform", "description": Platform.__doc__}
    return heading | {key: value for key, value in made.items() if key not in heading} | {"$defs": definitions}


def rendered() -> str:
    """Return the schema as the text of the file that is shipped beside the platforms."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _with_parts(name: str, definition: Json) -> Json:
    """Let a part stand in for required keys, and offer the parts by name."""
    if name not in PARTS:
        return definition
    required = definition["required"]
    kept = [key for key in required if key in FROM_PLATFORM.get(PARTS[name], ())]
    choice = {"anyOf": [{"required": ["part"]}, {"required": [key for key in required if key not in kept]}]}
    part = {"type": "string", "enum": list(names(PARTS[name])), "description": "A part of the catalogue."}
    properties = definition["properties"] | {"part": part}
    return definition | {"required": kept, "properties": properties} | choice
