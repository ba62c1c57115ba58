"""What is wrong with a platform file, said in one line: key, what was found, what would be right."""

import difflib
from collections.abc import Iterable
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from ferraris.hardware.platform.quantities import Quantity
from ferraris.units import UnitError, shown

Detail: TypeAlias = dict[str, Any]
"""One of pydantic's error details: type, loc, msg, input, ctx."""


class PlatformError(ValueError):
    """A platform file that cannot be loaded; `problems` are the lines of its message, each beginning with the file."""

    def __init__(self, file: str, problems: Iterable[str]) -> None:
        self.problems = tuple(f"{file}: {each}" for each in problems)
        super().__init__("\n".join(self.problems))


def problem(key: str, text: str) -> str:
    """Return one problem: where, and what."""
    return f"{key}: {text}" if key else text


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like this one, None if none is much like it."""
    return next(iter(difflib.get_close_matches(word[:100], list(known), n=1, cutoff=0.6)), None)


def described(error: ValidationError, model: type[BaseModel]) -> tuple[str, ...]:
    """Return one line for each thing pydantic found wrong, in the order of the file's models."""
    return tuple(_described(dict(each), model) for each in error.errors(include_url=False))


def _described(detail: Detail, model: type[BaseModel]) -> str:
    path, parent, field = _walk(model, detail["loc"])
    match detail["type"]:
        case "extra_forbidden":
            text = _unknown(str(detail["loc"][-1]), parent)
        case "missing":
            text = f"missing, expected {_expected(field)}"
        case "union_tag_not_found":
            path, text = f"{path}.kind", f"missing, expected one of {_tags(field)}"
        case "union_tag_invalid":
            path, text = f"{path}.kind", f"found {shown(detail['ctx']['tag'])}, expected one of {_tags(field)}"
        case "value_error" if isinstance(detail["ctx"]["error"], UnitError):
            text = str(detail["ctx"]["error"])
        case _:
            text = f"found {shown(detail['input'])}, expected {_wanted(detail)}{_such_as(field)}"
    return problem(path, text)


def _wanted(detail: Detail) -> str:
    """Return pydantic's own sentence as the end of ours."""
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    if detail["type"] in {"model_type", "model_attributes_type", "dict_type"}:
        return "a table"
    text: str = detail["msg"]
    for start in ("Input should be ", "Input should ", "String should ", "Tuple should ", "Value should "):
        text = text.removeprefix(start)
    return text.replace("a valid integer", "a whole number").replace("a valid tuple", "an array")


def _unknown(key: str, parent: type[BaseModel] | None) -> str:
    known = _keys(parent) if parent else []
    near = nearest(key, known)
    return "unknown key, " + (f"did you mean {near!r}?" if near else f"expected one of {', '.join(known)}")


def _expected(field: FieldInfo | None) -> str:
    """Return what a missing field should hold: a quantity's own sentence, a table, or the field's description."""
    if field is None:
        return "a value"
    quantity = next((each for each in field.metadata if isinstance(each, Quantity)), None)
    if quantity is not None:
        return quantity.expected()
    if _models(field.annotation):
        return f"a table with {', '.join(_keys(_models(field.annotation)[0])[:4])} and so on"
    if get_origin(field.annotation) is Literal:
        return " or ".join(map(repr, get_args(field.annotation)))
    return f"a value{_such_as(field)} ({(field.description or 'see the schema').rstrip('.')})"


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _such_as(field: FieldInfo | None) -> str:
    return f" such as {field.examples[0]!r}" if field is not None and field.examples else ""


def _tags(field: FieldInfo | None) -> str:
    tags = [tag for model in _models(field.annotation) for tag in _kinds(model)] if field is not None else []
    return ", ".join(map(repr, tags))


def _kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    kind = model.model_fields.get("kind")
    return get_args(kind.annotation) if kind is not None and get_origin(kind.annotation) is Literal else ()


def _walk(model: type[BaseModel], loc: tuple[int | str, ...]) -> tuple[str, type[BaseModel] | None, FieldInfo | None]:
    """Follow an error's location: the key as the file has it, the table it stands in, and its field where there is one.

    Pydantic puts the tag of a union ("shunt") into the location; the file has no such key, so it is left out.
    """
    keys: list[str] = []
    parent: type[BaseModel] | None = model
    choices: tuple[type[BaseModel], ...] = (model,)
    field: FieldInfo | None = None
    named = False  # whether the next step is a name that the file gives itself, such as a day profile's
    for step in loc:
        if named:
            keys.append(step if str(step).isprintable() and len(str(step)) <= 40 else shown(step, 40))  # type: ignore[arg-type]
            named = False
            continue
        tagged = [each for each in choices if step in _kinds(each)]
        if len(choices) > 1 and tagged:
            choices, parent = (tagged[0],), tagged[0]
            continue
        parent = choices[0] if choices else None
        if isinstance(step, int):
            keys[-1:] = [f"{keys[-1] if keys else ''}[{step}]"]
            continue
        keys.append(step)
        field = _field(parent, step)
        choices = _models(field.annotation) if field is not None else ()
        named = field is not None and get_origin(field.annotation) is dict
    return ".".join(keys), parent, field


def _field(model: type[BaseModel] | None, key: str) -> FieldInfo | None:
    if model is None:
        return None
    return next((field for name, field in model.model_fields.items() if key == (field.alias or name)), None)


def _models(annotation: Any) -> tuple[type[BaseModel], ...]:  # noqa: ANN401 (annotations have no common type)
    """Every model that an annotation can hold, through unions, tuples and Annotated."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    if get_origin(annotation) in {Annotated, Union, UnionType, tuple, dict}:
        return tuple(model for each in get_args(annotation) for model in _models(each))
    return ()
