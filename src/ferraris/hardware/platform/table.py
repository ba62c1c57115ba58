"""What every table of a platform file is: frozen, strict, closed; some can take their values from a named part."""

from pydantic import BaseModel, ConfigDict

from ferraris.hardware.platform import fields


class Table(BaseModel):
    """A table of the platform file: frozen, strict, and closed against unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class PartTable(Table):
    """A table that may take its values from a part of the catalogue; keys written beside `part` override it."""

    part: fields.PartName | None = None
    """Name of a part in the catalogue; its values stand in for the keys that are not given here."""
