"""The parts catalogue: what makers say of the parts a platform names, each value with its source.

One TOML file per family in `parts/`, shipped inside the package. A part serves one kind of table and gives a value for
keys of that table; `expand` puts them where a platform says `part = "NAME"`, below the keys the platform gives itself.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from ferraris.hardware.platform.problems import nearest, problem
from ferraris.hardware.platform.provenance import Source
from ferraris.units import shown

Kind: TypeAlias = Literal[
    "divider", "filter", "shunt", "ct", "rogowski", "adc", "soc", "nvm", "crystal", "tcxo", "supercapacitor", "lithium"
]
Tree: TypeAlias = dict[str, Any]

PLACES: Mapping[str, tuple[Kind, ...]] = {
    "voltage": ("divider",),
    "filter": ("filter",),
    "current.line": ("shunt", "ct", "rogowski"),
    "current.neutral": ("shunt", "ct", "rogowski"),
    "adc": ("adc",),
    "soc": ("soc",),
    "nvm": ("nvm",),
    "clock": ("crystal", "tcxo"),
    "backup": ("supercapacitor", "lithium"),
}
"""The tables of a platform file that can name a part, and the kinds of part that fit there."""


class Value(BaseModel):
    """One value of a part, as the platform file would write it, and where it comes from.

    A value is `seen` if it was read in the document named, `ours` if this project chose it or it follows from other
    values; if neither it is recalled, and so unverified.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    value: Any = Field(alias="is")
    source: Annotated[str, Field(min_length=8)]
    seen: bool
    ours: bool = False

    @model_validator(mode="after")
    def _of_one_kind(self) -> "Value":
        assert not (self.seen and self.ours), "what is ours was read nowhere"
        return self


class Part(BaseModel):
    """One part of the catalogue; one that is not `billed` may watch the neutral and not measure what is paid for."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Kind
    title: Annotated[str, Field(min_length=8)]
    notes: str = ""
    billed: bool = True
    values: dict[str, Value]


@cache
def catalogue() -> Mapping[str, Part]:
    """Return every part by name. Errors in it are errors of this package, so they are not softened."""
    parts: dict[str, Part] = {}
    adapter = TypeAdapter(dict[str, Part])
    for file in sorted((files(__package__) / "parts").iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            family = adapter.validate_python(frozen(tomllib.loads(file.read_text(encoding="utf-8"))))
            assert not parts.keys() & family.keys(), f"{file.name}: a part with this name is in another file"
            parts |= family
    return parts


def expand(tree: Tree) -> tuple[Tree, tuple[Source, ...], tuple[str, ...]]:
    """Fill in the values of every named part.

    Returns the tree with those values, the source of each value taken, and one problem for each part that is not in
    the catalogue or does not belong where it is named. The tree given is left as it is.
    """
    filled, sources, problems = dict(tree), [], []
    for place, kinds in PLACES.items():
        table = _at(tree, place)
        if not isinstance(table, dict) or not isinstance(table.get("part"), str):
            continue
        found = _fitting(place, table, kinds)
        if isinstance(found, str):
            problems.append(found)
            continue
        taken = {key: value for key, value in found.values.items() if key not in table}
        filled = _put(filled, place.split("."), {key: value.value for key, value in taken.items()} | table)
        sources += [
            Source(f"{place}.{key}", table["part"], each.source, each.seen, each.ours) for key, each in taken.items()
        ]
    return filled, tuple(sources), tuple(problems)


def frozen(value: Any) -> Any:  # noqa: ANN401 (TOML values have no common type)
    """Return a TOML value with its arrays as tuples, since strict models hold nothing that could be changed."""
    if isinstance(value, dict):
        return {key: frozen(each) for key, each in value.items()}
    return tuple(frozen(each) for each in value) if isinstance(value, list) else value


def names(*kinds: Kind) -> tuple[str, ...]:
    """Return the names of all parts of these kinds, in alphabetical order."""
    return tuple(sorted(name for name, part in catalogue().items() if part.kind in kinds))


def _at(tree: Tree, place: str) -> object:
    """Return what stands at a dotted key, None where there is nothing."""
    found: object = tree
    for key in place.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _put(tree: Tree, path: list[str], table: Tree) -> Tree:
    """Return a copy of the tree with another table at this path."""
    return tree | {path[0]: _put(tree[path[0]], path[1:], table) if path[1:] else table}


def _fitting(place: str, table: Tree, kinds: tuple[Kind, ...]) -> Part | str:
    """Return the part that a table names, or the problem with it."""
    wanted = tuple(kind for kind in kinds if table.get("kind", kind) == kind) or kinds
    part = catalogue().get(table["part"])
    if part is not None and part.kind in wanted:
        return part
    known = names(*wanted)
    near = nearest(table["part"], known)
    hint = f"did you mean {near!r}?" if near else f"the catalogue has {', '.join(known)}"
    what = f"found {shown(table['part'])}" + (f", which is of kind {part.kind!r}" if part else "")
    return problem(f"{place}.part", f"{what}, expected a part of kind {' or '.join(map(repr, wanted))}: {hint}")
