"""The command line of a data link, which the programs that speak HDLC take before that of report.py.

This file is ours and loads no foreign package.
"""

import argparse
import sys
from typing import NamedTuple


class LinkOptions(NamedTuple):
    """How a client is to speak HDLC."""

    size: int
    """Octets of the server's address."""
    device: int
    """Its lower part."""
    octets: int
    """Information octets proposed, both ways."""
    window: int
    """Window proposed, both ways."""
    terminal: str | None
    """A pseudo-terminal to be opened like a serial port, instead of a TCP connection."""
    optical: str | None
    """The same, and the opening of mode E comes first."""
    udp: bool
    """No link at all: the wrapper, over UDP."""


def take() -> LinkOptions:
    """Take the link's options off the command line; the rest is left for report.py."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--size", type=int, default=1)
    parser.add_argument("--device", type=int, default=17)
    parser.add_argument("--octets", type=int, default=128)
    parser.add_argument("--window", type=int, default=1)
    parser.add_argument("--terminal")
    parser.add_argument("--optical")
    parser.add_argument("--udp", action="store_true")
    options, sys.argv[1:] = parser.parse_known_args()
    return LinkOptions(**vars(options))
