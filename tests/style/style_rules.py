"""The house rules as functions from source text to complaints; test_style.py holds the tree to them.

A complaint is one line, "where: what". Every rule takes text, so that each can be shown a small bad example.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

REPO = Path(__file__).resolve().parents[2]
SOURCE = REPO / "src"


# ------------------------------------------------------------------------------------------------ the import table


class Room(NamedTuple):
    """What the modules of one package may import besides themselves and the standard library."""

    ours: tuple[str, ...] = ()
    """Prefixes of our own modules."""
    foreign: tuple[str, ...] = ()
    """Top-level names of other people's packages."""


_NUMBERS = ("numpy", "numba", "scipy")
_HARDWARE = ("ferraris.units", "ferraris.pins", "ferraris.hardware")
_BELOW_VERIFY = (*_HARDWARE, "ferraris.firmware", "ferraris.bench")
_MODEL = ("ferraris.units", "ferraris.pins", "ferraris.hardware.platform", "ferraris.hardware.world")

ROOMS: Mapping[str, Room] = {
    "ferraris": Room(),
    "ferraris.units": Room(),
    "ferraris.pins": Room(),
    "ferraris.hardware": Room(),
    "ferraris.hardware.draws": Room((), ("numpy",)),
    "ferraris.hardware.platform": Room(("ferraris.units",), ("pydantic",)),
    "ferraris.hardware.world": Room(("ferraris.units",), (*_NUMBERS, "comtrade")),
    "ferraris.hardware.chain": Room((*_MODEL, "ferraris.hardware.draws"), (*_NUMBERS, "llvmlite")),
    "ferraris.hardware.physics": Room((*_MODEL, "ferraris.hardware.draws"), _NUMBERS),
    "ferraris.firmware": Room(),
    "ferraris.firmware.billing": Room(("ferraris.units", "ferraris.pins")),
    "ferraris.firmware.guard": Room(("ferraris.units", "ferraris.pins"), ("cryptography",)),
    "ferraris.firmware.store": Room(("ferraris.units", "ferraris.pins")),
    "ferraris.firmware.dlms": Room(("ferraris.units", "ferraris.pins"), ("cryptography",)),
    "ferraris.firmware.meter": Room(("ferraris.units", "ferraris.pins", "ferraris.firmware"), ("cryptography",)),
    "ferraris.bench": Room((*_HARDWARE, "ferraris.firmware"), _NUMBERS),
    # a scenario is a TOML file, as strict at the door as a platform
    "ferraris.bench.scenario": Room((*_HARDWARE, "ferraris.firmware", "ferraris.bench"), (*_NUMBERS, "pydantic")),
    "ferraris.verify": Room(_BELOW_VERIFY, _NUMBERS),
    "ferraris.plan": Room((*_BELOW_VERIFY, "ferraris.verify"), (*_NUMBERS, "pydantic")),
    "ferraris.app": Room(("ferraris",), (*_NUMBERS, "click", "serial")),
    "ferraris.__main__": Room(("ferraris",)),
}
"""Longest prefix wins. A package that is not here has no business in the tree until somebody says what it may see."""


def room_of(module: str) -> str | None:
    """The room a module lives in: the longest prefix in the table; None where the table says nothing."""
    parts = module.split(".")
    for size in range(len(parts), 0, -1):
        name = ".".join(parts[:size])
        if name in ROOMS:
            stranger = name in {"ferraris", "ferraris.hardware", "ferraris.firmware"} and name != module
            return None if stranger else name
    return None


def _inside(module: str, prefix: str) -> bool:
    return module == prefix or module.startswith(prefix + ".")


def imported(module: str, is_package: bool, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything a module imports anywhere; `from a import b` counts as a.b."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=name, names=names, level=level):
                base = _base(module, is_package, name, level)
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in names)


def _base(module: str, is_package: bool, name: str | None, level: int) -> str:
    if level == 0:
        return name or ""
    parts = module.split(".")
    parents = parts[: len(parts) - level + is_package]
    return ".".join([*parents, name] if name else parents)


def check_imports(module: str, text: str, *, is_package: bool = False) -> list[str]:
    """Complaints about imports that the table does not allow."""
    room = room_of(module)
    if room is None:
        return [f"{module}: the import table knows no such room"]
    return [
        f"{module}:{line}: {room} may not import {target}"
        for line, target in imported(module, is_package, ast.parse(text))
        if not _allowed(room, target)
    ]


def _allowed(room: str, target: str) -> bool:
    top = target.split(".", maxsplit=1)[0]
    if top != "ferraris":
        return top in sys.stdlib_module_names or top in ROOMS[room].foreign
    home = room_of(target)
    if home is None:  # a name of the root package itself, such as ferraris.__version__
        return target.count(".") == 1
    # A neighbour's parent package is not the neighbour: home is compared, not the spelling.
    return home in {room, "ferraris"} or any(_inside(target, prefix) for prefix in ROOMS[room].ours)


# ------------------------------------------------------------------------------------------------ lengths

LONGEST_FUNCTION = 60
LONGEST_FILE = 320
"""House style says "about three hundred"."""

KERNEL_DECORATORS = frozenset({"njit", "jit", "vectorize", "guvectorize", "kernel"})
"""Numba kernels may be long: cutting a hot loop into calls hides its order of operations."""


def check_lengths(where: str, text: str, *, file_exempt: bool = False) -> list[str]:
    """Complaints about functions of more than 60 lines (docstring included) and files of more than about 300."""
    lines = len(text.splitlines())
    complaints = [] if file_exempt or lines <= LONGEST_FILE else [f"{where}: {lines} lines"]
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or is_kernel(node):
            continue
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > LONGEST_FUNCTION:
            complaints.append(f"{where}:{node.lineno}: {node.name} has {length} lines")
    return complaints


def is_kernel(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a decorator hands the function to numba."""
    return any(_last_name(decorator) in KERNEL_DECORATORS for decorator in function.decorator_list)


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Call(func=func):
            return _last_name(func)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


# ------------------------------------------------------------------------------------------------ banned names

BANNED_PACKAGES = ("time", "random", "secrets", "numpy.random", "asyncio", "threading", "socket", "subprocess")
BANNED_NAMES = frozenset({
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
    "uuid.uuid1", "uuid.uuid4", "os.urandom", "os.getrandom", "print", "input",
})  # fmt: skip
"""Nothing below app/ reads a clock, draws chance, waits, spawns or prints."""

BUILTINS = frozenset({"print", "input", "open"})
"""Names that mean something without an import; any other is a variable, whatever it is called."""

ALLOWED_NAMES = ("numpy.random.Generator", "numpy.random.Philox", "secrets.compare_digest")
"""Philox is counter-based and always keyed: the one way to noise that does not depend on how time is cut."""

FILES = ("open", "io.open", "os.open", "os.fdopen", "numpy.load", "numpy.save", "numpy.fromfile", "numpy.loadtxt")
FILE_METHODS = frozenset({
    "read_text", "read_bytes", "write_text", "write_bytes", "tofile", "savez", "genfromtxt", "mkdir", "unlink",
})  # fmt: skip


def names_used(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every name and attribute read in a module, import aliases undone."""
    aliases = _aliases(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and (dotted := _dotted(node, aliases)):
            yield node.lineno, dotted


def _aliases(tree: ast.AST) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    top = alias.name.split(".", maxsplit=1)[0]
                    found[alias.asname or top] = alias.name if alias.asname else top
            case ast.ImportFrom(module=str(base), names=names, level=0):
                found |= {alias.asname or alias.name: f"{base}.{alias.name}" for alias in names}
    return found


def _dotted(node: ast.expr, aliases: Mapping[str, str]) -> str:
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            return aliases.get(name, name if name in BUILTINS else "")
        case ast.Attribute(value=value, attr=name):
            base = _dotted(value, aliases)
            return f"{base}.{name}" if base else ""
    return ""


def _is_banned(name: str) -> bool:
    if name in BANNED_NAMES:
        return True
    below = any(name.startswith(package + ".") for package in BANNED_PACKAGES)
    return below and not name.startswith(ALLOWED_NAMES)


def check_banned(where: str, text: str) -> list[str]:
    """Complaints about clocks, chance, waiting and printing below app/."""
    tree = ast.parse(text)
    complaints = [f"{where}:{line}: {name}" for line, name in names_used(tree) if _is_banned(name)]
    awaiting = ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith
    complaints += [f"{where}:{node.lineno}: awaits" for node in ast.walk(tree) if isinstance(node, awaiting)]
    return complaints


def check_files(where: str, text: str) -> list[str]:
    """Complaints about opening, reading or writing files."""
    tree = ast.parse(text)
    complaints = [f"{where}:{line}: {name}" for line, name in names_used(tree) if name in FILES]
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name), args=args, keywords=keywords) if (
                name in FILE_METHODS or (name == "open" and (args or keywords))  # a Path's, not a part's or a bench's
            ):
                complaints.append(f"{where}:{node.lineno}: .{name}()")
    return complaints


# ------------------------------------------------------------------------------------------------ words and names


def check_docstring(where: str, text: str) -> list[str]:
    """A complaint when a module does not say what it is for."""
    return [] if ast.get_docstring(ast.parse(text)) else [f"{where}: no module docstring"]


LOCAL_PATH = re.compile(r"(?<![\w.)}-])/(?:work|tmp|root|Users|home/\w+)/\w|\bshared[/](?!recordings)\w")
"""Paths that exist on one machine only."""


def check_local_paths(where: str, text: str) -> list[str]:
    """Complaints about paths of somebody's own machine: a clone does not have them."""
    return [
        f"{where}:{number}: {line.strip()[:80]}"
        for number, line in enumerate(text.splitlines(), 1)
        if LOCAL_PATH.search(line)
    ]


_TICKED = re.compile(r"`([^`\n]+)`")
_MODULE_NAME = re.compile(r"ferraris(\.\w+)+")
_PATH_NAME = re.compile(r"(src|tests|docs|platforms|recordings|scripts|bench)/[\w./-]+")


def code_names(markdown: str) -> list[str]:
    """Dotted ferraris names and repository paths that stand in backticks."""
    ticked = _TICKED.findall(markdown)
    return [name for name in ticked if _MODULE_NAME.fullmatch(name) or _PATH_NAME.fullmatch(name)]


def exists(name: str) -> bool:
    """Whether a path of the repository, a module, or a top-level name (or attribute) of a module exists; no import."""
    if "/" in name:
        return (REPO / name).exists()
    parts = name.split(".")
    for size in range(len(parts), 0, -1):
        if text := _module_text(parts[:size]):
            rest = parts[size:]
            return not rest or _defines(ast.parse(text), rest)
    return False


def _module_text(parts: list[str]) -> str:
    stem = SOURCE.joinpath(*parts)
    for path in (stem.with_suffix(".py"), stem / "__init__.py"):
        if path.is_file():
            return path.read_text(encoding="utf-8") or "pass"
    return ""


def _defines(tree: ast.Module | ast.ClassDef, names: list[str]) -> bool:
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name == names[0]:
                return len(names) == 1
            case ast.ClassDef(name=name) if name == names[0]:
                return len(names) == 1 or _defines(node, names[1:])
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if name == names[0] and len(names) == 1:
                    return True
            case ast.ImportFrom(names=aliases):
                if len(names) == 1 and any((alias.asname or alias.name) == names[0] for alias in aliases):
                    return True
    return False


ITEMS = tuple(
    f"{section}.{number}"
    for section, count in ((1, 3), (2, 3), (3, 4), (4, 4), (5, 4), (6, 4), (7, 4))
    for number in range(1, count + 1)
)
"""The 26 items of the planning checklist."""


def item_ids(text: str) -> list[str]:
    """Ids of the checklist items that a module's functions are decorated with, in order."""
    return [
        str(decorator.args[0].value)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call)
        and _last_name(decorator) == "item"
        and decorator.args
        and isinstance(decorator.args[0], ast.Constant)
    ]


def check_items(ids: list[str]) -> list[str]:
    """Complaints about items that are missing, unknown or claimed twice."""
    return (
        [f"{item}: no function" for item in ITEMS if item not in ids]
        + [f"{item}: {ids.count(item)} functions" for item in ITEMS if ids.count(item) > 1]
        + [f"{item}: not an item of the checklist" for item in ids if item not in ITEMS]
    )
