"""The JSON schema: it accepts what loads, marks what does not, and the shipped copy is the current one."""

import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ferraris.hardware.platform.load import loads
from ferraris.hardware.platform.schema import rendered, schema
from ferraris.hardware.platform.template import new_platform

PLATFORMS = Path(__file__).parents[3] / "platforms"
SHIPPED = sorted(PLATFORMS.glob("*.toml"))


def mistakes(text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema())
    return [error.json_path for error in validator.iter_errors(tomllib.loads(text))]


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_the_shipped_schema_is_the_current_one() -> None:
    text = (PLATFORMS / "ferraris.schema.json").read_text(encoding="utf-8")
    assert text == rendered(), "write it anew: ferraris schema > platforms/ferraris.schema.json"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_platform_loads_is_valid_and_names_the_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert loads(text).meter.name == path.stem
    assert mistakes(text) == []
    assert text.startswith("#:schema ./ferraris.schema.json\n")


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('un = "230 V"', "un = 230", "$.meter.un"),
        ('un = "230 V"', 'un = "230 A"', "$.meter.un"),
        ('un = "230 V"', 'un = "230 V"\nun2 = "1 V"', "$.meter"),
        ('part = "ADS131M04"', 'part = "ADS131M05"', "$.adc.part"),
        ('part = "ADS131M04"', "bits = 24", "$.adc"),
        ("gain_line = 32", "", "$.adc"),
        ('kind = "shunt"\n', 'kind = "none"\n', "$.current.line"),
        ('temperature = "-25..55 degC"', 'temperature = "-25 degC"', "$.meter.temperature"),
        ("[soc]", "[sock]", "$"),
    ],
)
def test_the_schema_marks_what_does_not_load(old: str, new: str, where: str) -> None:
    text = new_platform("draft")
    assert text.count(old) == 1
    text = text.replace(old, new)
    assert where in mistakes(text)
    with pytest.raises(ValueError, match=r"\Aplatform: "):
        loads(text)


def test_every_key_has_a_description_for_the_editor() -> None:
    bare = [
        f"{name}.{key}" for name, each in schema()["$defs"].items() for key, value in _properties(each) if not value
    ]
    assert bare == []


def _properties(definition: dict[str, Any]) -> list[tuple[str, str]]:
    return [(key, each.get("description", "")) for key, each in definition["properties"].items()]
