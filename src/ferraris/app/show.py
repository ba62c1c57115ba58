"""Small helpers of the command line: the user error, progress on a terminal, numbers with units."""

import sys


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
