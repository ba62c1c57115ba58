"""The parts catalogue: every part fits where it may be named, and every value says where it comes from."""

import pytest
from pydantic import ValidationError

from ferraris.hardware.platform import models, timekeeping
from ferraris.hardware.platform.catalogue import PLACES, Value, catalogue, expand, names
from ferraris.hardware.platform.provenance import Source, recalled
from ferraris.hardware.platform.schema import FROM_PLATFORM

MODELS = {
    "rogowski": models.Rogowski,
    "divider": models.Divider,
    "filter": models.Filter,
    "shunt": models.Shunt,
    "ct": models.CurrentTransformer,
    "adc": models.Adc,
    "soc": models.Soc,
    "nvm": models.Nvm,
    "crystal": timekeeping.Crystal,
    "tcxo": timekeeping.Tcxo,
    "supercapacitor": timekeeping.Supercapacitor,
    "lithium": timekeeping.LithiumCell,
}
STORE = {"minimum_voltage": "1.6 V", "service_temperature": "35 degC", "hold_up": "36 h"}
DESIGN: dict[str, dict[str, object]] = {
    "adc": {"gain_voltage": 1, "gain_line": 1},
    "crystal": {
        "capacitors": "18 pF ± 5 %",
        "stray": "3 pF ± 1 pF",
        "supply_sensitivity": "1 ppm/V",
        "supply": "1.5..3.6 V",
        "backup_current": "1 uA",
        "life": "15 y",
    },
    "tcxo": {"life": "15 y"},
    "supercapacitor": {"voltage": "3.3 V", **STORE},
    "lithium": {"unpowered_share": "5 %", **STORE},
}


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_every_part_alone_fills_its_table(name: str) -> None:
    part = catalogue()[name]
    tree = {key: each.value for key, each in part.values.items()}
    tree |= {"kind": part.kind} if "kind" in FROM_PLATFORM.get(part.kind, ()) else {}
    tree |= DESIGN.get(part.kind, {})
    table = MODELS[part.kind].model_validate(tree)
    required = {field.alias or key for key, field in type(table).model_fields.items() if field.is_required()}
    assert required - set(FROM_PLATFORM.get(part.kind, ())) <= part.values.keys()


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_a_recalled_value_says_so_and_a_seen_one_names_what_was_seen(name: str) -> None:
    for key, each in catalogue()[name].values.items():
        if any(word in each.source for word in ("unverified", "recalled", "estimate")):
            assert not each.seen, f"{name}.{key}: {each.source}"


def test_every_place_for_a_part_has_a_part_to_offer() -> None:
    for kinds in PLACES.values():
        for kind in kinds:
            assert names(kind)


def test_expanding_leaves_the_given_tree_as_it_is() -> None:
    tree = {"adc": {"part": "ADS131M04", "channels": 3}}
    filled, sources, problems = expand(tree)
    assert tree == {"adc": {"part": "ADS131M04", "channels": 3}}
    assert (filled["adc"]["channels"], filled["adc"]["full_scale"]) == (3, "1.2 V")
    assert {each.key for each in sources} == {f"adc.{key}" for key in catalogue()["ADS131M04"].values} - {
        "adc.channels"
    }
    assert problems == ()


def test_recalled_values_can_be_asked_for_by_table_or_key() -> None:
    sources = (
        Source("adc.noise", "X", "recalled", seen=False),
        Source("adc.bits", "X", "data sheet", seen=True),
        Source("adcx.noise", "X", "recalled", seen=False),
    )
    assert recalled(sources) == (sources[0], sources[2])
    assert recalled(sources, "adc") == (sources[0],)
    assert recalled(sources, "adc.noise") == (sources[0],)
    assert recalled(sources, "adc.bits", "soc") == ()


NOT_READ = ("our choice", "arithmetic", "contained in", "follows from")

CLAMP = ("turns", "measured", "measured_frequency")
TI = ("channels", "full_scale", "gains", "bits", "input_resistance")
MICROCHIP = ("channels", "gains", "bits", "reference_drift", "crosstalk")
PROCESSOR = ("cpu", "ram", "flash")
DECISIVE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("SCT013-000", "SCT019-000", "ECS25200-C2", "ECS24200", "ECS16100", "ECS1050"), CLAMP),
    **dict.fromkeys(("ECOL09", "ACUCT-H063-100", "ACUCT-H040-50"), CLAMP),
    **dict.fromkeys(("ADS131M04", "ADS131M08"), TI),
    **dict.fromkeys(("MCP3912", "MCP3913", "MCP3914", "MCP3919"), MICROCHIP),
    **dict.fromkeys(("MSPM0G3507", "MSP430F67641"), PROCESSOR),
}
"""Sensors, converters and processors whose decisive values were read in a document, with those values."""


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_what_this_project_chose_is_not_called_seen(name: str) -> None:
    for key, each in catalogue()[name].values.items():
        if each.source.startswith(NOT_READ):
            assert (each.seen, each.ours) == (False, True), f"{name}.{key}: {each.source}"


def test_the_decisive_values_of_at_least_twelve_parts_were_read() -> None:
    assert len(DECISIVE) >= 12
    for name, keys in DECISIVE.items():
        for key in keys:
            each = catalogue()[name].values[key]
            assert each.seen, f"{name}.{key}: {each.source}"


def test_a_value_is_not_both_read_and_chosen() -> None:
    with pytest.raises(ValidationError, match="read nowhere"):
        Value.model_validate({"is": 1, "source": "our choice", "seen": True, "ours": True})


def test_a_chosen_value_is_not_an_unverified_one() -> None:
    assert recalled((Source("adc.decimation", "X", "our choice", seen=False, ours=True),)) == ()
