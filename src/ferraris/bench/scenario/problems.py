"""What is wrong with a scenario, one line per problem: file, key, what was found and what would be right."""

from collections.abc import Iterable, Sequence

from ferraris.hardware.platform.problems import nearest


class ScenarioError(ValueError):
    """A scenario that cannot be played; `problems` are the lines of its message, each beginning with the file."""

    def __init__(self, file: str, problems: Iterable[str]) -> None:
        self.problems = tuple(f"{file}: {each}" for each in problems)
        super().__init__("\n".join(self.problems))


class KeyProblemError(ValueError):
    """One key of a scenario is wrong; whoever knows the file's name makes a `ScenarioError` of it."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(f"{key}: {text}")


def one_of(found: str, known: Sequence[str]) -> str:
    """What would be right instead of a name that nobody has: all names there are, and the one that is most like it."""
    near = nearest(found, known)
    return f"expected one of {', '.join(map(repr, known))}" + (f", did you mean {near!r}?" if near else "")
