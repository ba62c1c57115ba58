"""Framing over TCP: however the stream is cut, the same frames come out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.dlms import wrapper
from ferraris.firmware.dlms.wrapper import Frame, StreamError

FRAMES = st.lists(st.builds(Frame, st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=300)), max_size=6)


@given(FRAMES, st.data())
def test_frames_come_out_whole_however_the_stream_is_cut(frames: list[Frame], data: st.DataObject) -> None:
    stream = b"".join(wrapper.encode(frame) for frame in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    found: list[Frame] = []
    rest = b""
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        whole, rest = wrapper.split(rest + stream[start:end])
        found += whole
    assert (found, rest) == (frames, b"")


def test_the_header_is_version_source_destination_length() -> None:
    """The header of an AARQ from the public client, as EnergyICT's Beacon tests have it."""
    assert wrapper.encode(Frame(16, 1, bytes(0x2B)))[:8] == bytes.fromhex("000100100001002B")


@pytest.mark.parametrize("header", ["0002001000010000", "0000001000010000", "7EA0470002002321"])
def test_another_version_is_no_wrapper_stream(header: str) -> None:
    with pytest.raises(StreamError, match="version"):
        wrapper.split(bytes.fromhex(header))


def test_rule_2_a_length_over_the_limit_is_refused_before_the_octets_come() -> None:
    with pytest.raises(StreamError, match="at most 2048"):
        wrapper.split(bytes.fromhex("0001001000010801"), 2048)
    assert wrapper.split(bytes.fromhex("0001001000010800"), 2048) == ((), bytes.fromhex("0001001000010800"))
