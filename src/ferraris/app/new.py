"""`ferraris new`: write a commented platform file."""

from pathlib import Path

import click

from ferraris.app.show import UserError


def write_new(name: str, *, force: bool) -> None:
    """Write NAME.toml into the current folder, or where NAME points; refuses to overwrite without `force`."""
    from ferraris.hardware.platform.template import new_platform

    path = Path(name if name.endswith(".toml") else f"{name}.toml")
    if not path.stem or path.stem == ".toml":
        raise UserError(f"{name!r}: expected a name for the new platform, such as my-meter")
    text = new_platform(path.stem)
    if path.exists() and not force:
        raise UserError(f"{path} exists already: choose another name, or --force to overwrite it")
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from error
    click.echo(f"wrote {path}; next: ferraris check {path}")
