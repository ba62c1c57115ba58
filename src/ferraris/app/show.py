"""Small helpers of the command line: the user error, progress on a terminal, numbers with units."""

import os
import sys
from pathlib import Path


class UserError(Exception):
    """Something the user asked for cannot be done; the text says what and what would be right."""


class Progress:
    """One line on standard error that overwrites itself; silent when nobody watches."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.shown = sys.stderr.isatty()

    def __call__(self, done: float, text: str = "") -> None:
        """Show a share from 0 to 1."""
        if self.shown:
            bar = "#" * int(24 * done)
            sys.stderr.write(f"\r{self.label} [{bar:<24}] {100 * done:3.0f} % {text[:40]:<40}")
            sys.stderr.flush()

    def close(self) -> None:
        """Clear the line."""
        if self.shown:
            sys.stderr.write("\r" + " " * 100 + "\r")
            sys.stderr.flush()


def check_target(path: Path | None) -> None:
    """Raise UserError where a file cannot be written, before a long run and not after it; None is no file."""
    if path is None:
        return
    if path.is_dir():
        raise UserError(f"{path}: cannot be written: it is a folder, name a file in it")
    if not path.parent.is_dir():
        raise UserError(f"{path}: cannot be written: there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UserError(f"{path}: cannot be written: permission denied")


def write_report(path: Path, page: str) -> None:
    """Write an HTML page; raises UserError where that cannot be done."""
    write_file(path, page.encode("utf-8"))


def write_file(path: Path, content: bytes) -> None:
    """Write a file; raises UserError where that cannot be done."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from error
