"""Plays the dialogues in tests/transcripts against the server, octet by octet."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from dlms_host import Wire

TRANSCRIPTS = sorted((Path(__file__).resolve().parents[2] / "transcripts").glob("*.txt"))
LINE = re.compile(r"([<>]) (\d+) (\d+): ([0-9A-F ]+|nothing)")


class Line(NamedTuple):
    """One APDU of a dialogue."""

    direction: str
    client: int
    server: int
    apdu: bytes


def lines(text: str) -> Iterator[Line]:
    """Read a transcript: comments off, continued lines joined."""
    plain = re.sub(r" *#.*", "", text)
    joined = re.sub(r"\n+ +", " ", plain)
    for line in filter(None, joined.split("\n")):
        found = LINE.fullmatch(line)
        assert found, f"not a line of a transcript: {line!r}"
        direction, client, server, apdu = found.groups()
        yield Line(direction, int(client), int(server), b"" if apdu == "nothing" else bytes.fromhex(apdu))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_the_server_says_what_the_transcript_says(path: Path) -> None:
    wire = Wire()
    reply = None
    for line in lines(path.read_text(encoding="utf-8")):
        if line.direction == ">":
            reply = wire.exchange(line.apdu, line.client, line.server)
        else:
            assert reply is not None
            assert reply.hex(" ") == line.apdu.hex(" ")


def test_there_are_transcripts_and_they_are_read_whole() -> None:
    read = [line for path in TRANSCRIPTS for line in lines(path.read_text(encoding="utf-8"))]
    assert len(TRANSCRIPTS) >= 4
    assert {line.direction for line in read} == {"<", ">"}
    assert sum(line.direction == ">" for line in read) == sum(line.direction == "<" for line in read) > 20
