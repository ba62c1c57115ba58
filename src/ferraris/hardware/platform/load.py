"""From a TOML file to a Platform or a Tariff, or to one clear line per problem. The only place that opens either."""

import stat
import tomllib
from os import PathLike
from pathlib import Path

from pydantic import ValidationError

from ferraris.hardware.platform.catalogue import Tree, expand, frozen
from ferraris.hardware.platform.checks import contradictions
from ferraris.hardware.platform.models import Platform
from ferraris.hardware.platform.problems import PlatformError, described, problem
from ferraris.hardware.platform.tariff import Tariff
from ferraris.hardware.platform.tariff import contradictions as tariff_contradictions
from ferraris.units import shown

__all__ = ["PlatformError", "load", "load_tariff", "loads", "loads_tariff"]

LARGEST_FILE = 1 << 16
"""Bytes of the largest platform file that is read; a real one has a few thousand."""
LONGEST_LINE = 2000
"""Characters of the longest line; the TOML reader's time rises with the square of a dotted key's length."""
LONGEST_NAME = 80
"""Characters of a file name that a message shows as they are."""
MOST_PROBLEMS = 40
"""Problems told at once; nobody reads more."""


def load(path: str | PathLike[str]) -> Platform:
    """Read a platform file.

    Raises PlatformError, whatever the file holds: its text has one line per problem, with file, key, what was found and
    what would be right.
    """
    name = _file_name(path)
    platform = loads(_read(Path(path), name), name)
    given_tariff = platform.firmware.tariff_file
    if given_tariff is not None:
        platform._tariff = _tariff_of(Path(path).parent, given_tariff, name)  # noqa: SLF001 (as with the sources)
        _refuse_more_rates(platform, name)
    return platform


def load_tariff(path: str | PathLike[str]) -> Tariff:
    """Read a tariff file; raises PlatformError as `load` does."""
    name = _file_name(path)
    return loads_tariff(_read(Path(path), name), name)


def loads_tariff(text: str, name: str = "tariff") -> Tariff:
    """Read a tariff from TOML text; `name` begins each line of an error. Raises PlatformError."""
    try:
        tariff = Tariff.model_validate(_tree(text, name))
    except ValidationError as error:
        raise _refusal(name, described(error, Tariff)) from None
    problems = tariff_contradictions(tariff)
    if problems:
        raise _refusal(name, problems)
    return tariff


def _refuse_more_rates(platform: Platform, name: str) -> None:
    """A tariff must not have more rates than the platform says that there are registers for."""
    given, tariff = platform.billing.rates, platform.tariff
    if given is not None and tariff is not None and given < len(tariff.head.rates):
        raise PlatformError(name, [problem("billing.rates", f"found {given}, the tariff has {len(tariff.head.rates)}")])


def _tariff_of(folder: Path, given: str, name: str) -> Tariff:
    path = folder / given
    try:
        found = path.is_file()
    except (OSError, ValueError):  # a name too long for the system, or with a zero byte in it
        found = False
    if not found:
        what = f"found {shown(given)}, expected a tariff file, its path relative to this file"
        raise PlatformError(name, [f"firmware.tariff: {what}"])
    return load_tariff(path)


def _file_name(path: str | PathLike[str]) -> str:
    given = Path(path).name or str(Path(path))
    return given if given.isprintable() and len(given) <= LONGEST_NAME else shown(given)


def loads(text: str, name: str = "platform") -> Platform:
    """Read a platform from TOML text; `name` begins each line of an error. Raises PlatformError.

    A text lies in no folder: the tariff file it may name is not looked for, and `tariff` is None.
    """
    tree, sources, strangers = expand(_tree(text, name))
    try:
        platform = Platform.model_validate(tree)
    except ValidationError as error:
        raise _refusal(name, (*strangers, *_beside(strangers, described(error, Platform)))) from None
    problems = (*strangers, *contradictions(platform))
    if problems:
        raise _refusal(name, problems)
    platform._sources = sources  # noqa: SLF001 (kept out of the fields, so that no file can claim its own provenance)
    return platform


def _refusal(name: str, problems: tuple[str, ...]) -> PlatformError:
    more = len(problems) - MOST_PROBLEMS
    return PlatformError(name, (*problems[:MOST_PROBLEMS], *([f"and {more} more"] if more > 0 else [])))


def _beside(strangers: tuple[str, ...], problems: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out the keys that are missing only because their part could not be found."""
    tables = tuple(each.partition(".part: ")[0] + "." for each in strangers)
    return tuple(each for each in problems if not (each.startswith(tables) and ": missing" in each))


def _read(path: Path, name: str) -> str:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a directory" if stat.S_ISDIR(mode) else "no regular file"
            raise PlatformError(name, [f"found {kind}, expected a TOML file"])
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise PlatformError(name, [f"cannot be read: {error.strerror or error}"]) from None
    except ValueError as error:  # a path with a zero byte in it; PlatformError itself is one, too
        if isinstance(error, PlatformError):
            raise
        raise PlatformError(name, ["cannot be read: not the name of a file"]) from None
    return _text(data, name)


def _text(data: bytes, name: str) -> str:
    if len(data) > LARGEST_FILE:
        raise PlatformError(name, [f"found more than {LARGEST_FILE} bytes, expected a TOML file of a few thousand"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PlatformError(name, [f"line {line}: found bytes that are not UTF-8, expected a TOML file"]) from None


def _tree(text: str, name: str) -> Tree:
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LONGEST_LINE:
            raise PlatformError(name, [f"line {number}: found {len(line)} characters, expected {LONGEST_LINE} at most"])
    try:
        tree: Tree = frozen(tomllib.loads(text))
    except RecursionError:
        raise PlatformError(name, ["found arrays or tables nested without end, expected a platform file"]) from None
    except ValueError as error:  # tomllib's own, and an integer of more digits than Python converts
        raise PlatformError(name, [f"not valid TOML: {error}"]) from None
    return tree
