"""From a TOML file to a Scenario, or to one clear line per problem. The only place that opens a scenario file."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from ferraris.bench.scenario import models
from ferraris.bench.scenario.models import Heading, Scenario
from ferraris.bench.scenario.problems import ScenarioError, one_of
from ferraris.hardware.platform.catalogue import frozen
from ferraris.hardware.platform.problems import described, nearest
from ferraris.units import shown

LARGEST_FILE = 1 << 18
"""Bytes of the largest scenario or tariff file that is read; a real one has a few thousand."""
TABLES = ("scenario", "load", "at", "expect")
_EXPECTS: Mapping[str, type[BaseModel]] = {
    "register": models.ExpectRegister,
    "event": models.ExpectEvent,
    "profile": models.ExpectRows,
    "state": models.ExpectState,
    "clock_error": models.ExpectClock,
    "conserved": models.ExpectConserved,
}
"""Which key tells what kind of expectation a table is."""
Model = TypeVar("Model", bound=BaseModel)


def load(path: str | PathLike[str]) -> Scenario:
    """Read a scenario file and the tariffs that it names. Raises ScenarioError, whatever the files hold."""
    given = Path(path)
    name = given.name or str(given)
    scenario = loads(_text(given, name, ""), name)
    wanted = {deed.file for deed in scenario.deeds if isinstance(deed, models.LoadTariff)}
    files = tuple((file, _text(given.parent / file, name, f"tariff {file}: ")) for file in sorted(wanted))
    return scenario.model_copy(update={"files": files})


def loads(text: str, name: str = "scenario") -> Scenario:
    """Read a scenario from TOML text, without the files that it names. Raises ScenarioError."""
    tree = _tree(text, name)
    problems = list(_strangers(tree))
    heading = _table(tree.get("scenario", {}), Heading, "scenario", problems)
    loads_ = _tagged(tree, "load", "kind", _choices(models.AnyLoad, "kind"), problems)
    deeds = _tagged(tree, "at", "do", _choices(models.Deed, "do"), problems)
    expects = list(_expects(tree, problems))
    names = [each.name for each in loads_ if each is not None]
    problems += [f"load: found {each!r} twice, expected a name for each" for each in sorted(_doubled(names))]
    problems += [text for k, each in enumerate(deeds) if (text := _unknown_load(each, names, f"at[{k}].load"))]
    problems += [text for k, each in enumerate(loads_) if each and (text := _half_cycle(each, f"load[{k}]"))]
    if problems or heading is None:
        raise ScenarioError(name, problems)
    return Scenario(heading=heading, loads=tuple(loads_), deeds=tuple(deeds), expects=tuple(expects))


def _strangers(tree: Mapping[str, Any]) -> Iterator[str]:
    for key in tree:
        if key not in TABLES:
            near = nearest(key, TABLES)
            hint = f"did you mean {near!r}?" if near else f"expected one of {', '.join(TABLES)}"
            yield f"{shown(key)}: unknown table, {hint}"
    if "scenario" not in tree:
        yield "scenario: missing, expected a table with name, start and so on"


def _choices(union: Any, tag: str) -> dict[str, type[BaseModel]]:  # noqa: ANN401 (unions have no common type)
    """The models of a union by the value of their tag."""
    return {get_args(each.model_fields[tag].annotation)[0]: each for each in get_args(union)}


def _table(found: object, model: type[Model], where: str, problems: list[str]) -> Model | None:
    """One table; what is wrong with it goes to the problems."""
    if not isinstance(found, Mapping):
        problems.append(f"{where}: found {shown(found)}, expected a table")
        return None
    try:
        return model.model_validate(found)
    except ValidationError as error:
        problems += [f"{where}.{each}" for each in described(error, model)]
        return None


def _tables(tree: Mapping[str, Any], key: str, problems: list[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The tables of an array with where they stand; what is no array of tables goes to the problems."""
    found = tree.get(key, ())
    if not isinstance(found, Sequence) or isinstance(found, str):
        problems.append(f"{key}: found {shown(found)}, expected tables [[{key}]]")
        return
    for k, each in enumerate(found):
        if isinstance(each, Mapping):
            yield f"{key}[{k}]", each
        else:
            problems.append(f"{key}[{k}]: found {shown(each)}, expected a table")


def _tagged(
    tree: Mapping[str, Any], key: str, tag: str, choices: Mapping[str, type[BaseModel]], problems: list[str]
) -> list[Any]:
    """Tables whose tag says what they are; None in the place of a wrong one, so that the others keep their number."""
    made: list[Any] = []
    for where, each in _tables(tree, key, problems):
        model = choices.get(each[tag]) if isinstance(each.get(tag), str) else None
        if model is not None:
            made.append(_table(each, model, where, problems))
            continue
        found = "missing" if tag not in each else f"found {shown(each[tag])}"
        near = nearest(str(each.get(tag)), choices) if tag in each else None
        hint = f", did you mean {near!r}?" if near else ""
        problems.append(f"{where}.{tag}: {found}, expected one of {', '.join(map(repr, choices))}{hint}")
        made.append(None)
    return made


def _expects(tree: Mapping[str, Any], problems: list[str]) -> Iterator[Any]:
    for where, each in _tables(tree, "expect", problems):
        kinds = [key for key in _EXPECTS if key in each]
        if len(kinds) != 1:
            found = " and ".join(kinds) if kinds else "none of them"
            problems.append(f"{where}: found {found}, expected exactly one of {', '.join(_EXPECTS)}")
            continue
        made = _table(each, _EXPECTS[kinds[0]], where, problems)
        if made is not None and (said := _nothing_said(made)):
            problems.append(f"{where}: {said}")
        elif made is not None:
            yield made


def _nothing_said(expect: BaseModel) -> str:
    """Why a well-formed expectation expects nothing, or two things at once."""
    if isinstance(expect, models.CountTable):
        return _counts_twice(expect)
    if not isinstance(expect, models.ExpectRegister):
        return ""
    bounds = (expect.at_least, expect.at_most)
    if expect.value is None and bounds == (None, None):
        return "missing, expected a value, at_least or at_most"
    if expect.value is not None and bounds != (None, None):
        return "found a value and a bound, expected one of them"
    if expect.value is None and expect.tolerance is not None:
        return "found a tolerance without a value, expected it beside one"
    return ""


def _counts_twice(expect: models.CountTable) -> str:
    """Why the numbers of a count do not go together."""
    rows = expect.rows if isinstance(expect, models.ExpectRows) else None
    bounds = {"at_least": expect.at_least, "at_most": expect.at_most}
    named = {"rows": rows, "count": expect.count} | bounds
    given = [name for name, number in named.items() if number is not None]
    if len(given) > 1 and given != list(bounds):
        return f"found {' and '.join(given)}, expected one number, or at_least and at_most"
    if expect.at_least is not None and expect.at_most is not None and expect.at_least > expect.at_most:
        return f"found at_least {expect.at_least} and at_most {expect.at_most}, expected at_least no more than at_most"
    return ""


def _doubled(names: Sequence[str]) -> set[str]:
    return {name for name in names if names.count(name) > 1}


def _unknown_load(deed: object, names: Sequence[str], where: str) -> str:
    if not isinstance(deed, models.SetLoad) or deed.load in names:
        return ""
    return f"{where}: found {deed.load!r}, {one_of(deed.load, names) if names else 'this scenario has no load'}"


def _half_cycle(found: models.LoadTable, where: str) -> str:
    if (found.period_s is None) != (found.on_s is None):
        return f"{where}: found one of period and on, expected both or neither"
    if found.period_s is not None and found.on_s is not None and found.on_s >= found.period_s:
        return f"{where}.on: found {found.on_s:g} s, expected less than the period of {found.period_s:g} s"
    return ""


def _text(path: Path, name: str, what: str) -> str:
    try:
        if path.exists() and not path.is_file():
            raise ScenarioError(name, [f"{what}found no regular file, expected a TOML file"])
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ScenarioError(name, [f"{what}cannot be read: {error.strerror or error}"]) from None
    if len(data) > LARGEST_FILE:
        raise ScenarioError(name, [f"{what}found more than {LARGEST_FILE} bytes, expected a few thousand"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ScenarioError(name, [f"{what}found bytes that are not UTF-8, expected a TOML file"]) from None


def _tree(text: str, name: str) -> Mapping[str, Any]:
    try:
        tree: Mapping[str, Any] = frozen(tomllib.loads(text))
    except RecursionError:
        raise ScenarioError(name, ["found arrays or tables nested without end, expected a scenario"]) from None
    except ValueError as error:
        raise ScenarioError(name, [f"not valid TOML: {error}"]) from None
    return tree
