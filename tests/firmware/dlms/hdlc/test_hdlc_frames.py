"""Frames to the octet as others have published them, and a stream that is cut, noisy or hostile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.dlms.hdlc import addresses, frames
from ferraris.firmware.dlms.hdlc.addresses import Address, FrameError
from ferraris.firmware.dlms.hdlc.frames import FLAG, Frame, Kind
from hdlc_rig import (
    CLIENT,
    HPL_AARE,
    ISKRA_PUSH,
    KMETHY_AARQ,
    KMETHY_SNRM,
    KMETHY_UA,
    SERVERS,
    U9N_SNRM,
    U9N_UA,
    naive_check_sequence,
)

PUBLISHED = {
    "Kmethy SNRM": KMETHY_SNRM,
    "Kmethy UA": KMETHY_UA,
    "Kmethy AARQ": KMETHY_AARQ,
    "u9n 95 UA": U9N_UA,
    "u9n 62 SNRM": U9N_SNRM,
    "gurux.fi AARE": HPL_AARE,
    "classic SNRM": bytes.fromhex("7EA0070321930F017E"),
}


def server_addresses() -> st.SearchStrategy[Address]:
    part, long = st.integers(0, 0x7F), st.integers(0, 0x3FFF)
    return part.map(Address) | st.builds(Address, part, part, st.just(2)) | st.builds(
        Address, long, long, st.just(4)
    )  # fmt: skip


FRAMES = st.builds(
    Frame, server_addresses(), server_addresses(), st.integers(0, 0xFF), st.binary(max_size=60), st.booleans()
)


@given(st.binary(max_size=300))
def test_the_check_sequence_is_crc_16_x_25(octets: bytes) -> None:
    assert frames.check_sequence(octets) == naive_check_sequence(octets)


def test_the_check_sequence_has_the_published_check_value() -> None:
    """CRC catalogues give 906E for the digits 1 to 9."""
    assert frames.check_sequence(b"123456789") == bytes.fromhex("6E90")


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_frames_are_read_and_written_to_the_octet(name: str) -> None:
    found, rest = frames.split(PUBLISHED[name])
    assert [frames.encode(frame) for frame in found] == [PUBLISHED[name]]
    assert rest == PUBLISHED[name][-1:]


def test_a_published_frame_says_what_its_author_says_it_says() -> None:
    ((aarq,), _) = frames.split(KMETHY_AARQ)
    assert (aarq.destination, aarq.source) == (Address(1, 0x11, 4), Address(0x10))
    assert (frames.kind(aarq.control), frames.polls(aarq.control)) == (Kind.INFORMATION, True)
    assert aarq.information.startswith(bytes.fromhex("E6E600601D"))
    assert not aarq.segmented


def test_the_answering_side_counts_as_the_trace_does() -> None:
    """The AARE of the trace is the meter's frame 0 and has got one frame: N(S) 0, N(R) 1, control 30."""
    ((aare,), _) = frames.split(HPL_AARE)
    assert aare.control == frames.information_control(0, 1, poll=True)
    assert (frames.sent_number(aare.control), frames.expected_number(aare.control)) == (0, 1)


def test_a_published_push_has_its_llc_in_the_first_segment_only() -> None:
    found, _ = frames.split(ISKRA_PUSH)
    assert [frame.segmented for frame in found] == [True, True, False]
    assert [frame.information[:3].hex() for frame in found] == ["e6e700", "ff1209", "0801ff"]
    assert {frames.kind(frame.control) for frame in found} == {Kind.UNNUMBERED_INFORMATION}
    assert b"".join(map(frames.encode, found)) == ISKRA_PUSH


# ---------------------------------------------------------------- rule 1 of the facts: what is often got wrong


def test_rule_1_the_length_has_eleven_bits_and_counts_everything_between_the_flags() -> None:
    frame = Frame(SERVERS[1], CLIENT, 0x10, bytes(1500), segmented=True)
    octets = frames.encode(frame)
    between = len(octets) - 2
    assert between > 0xFF
    assert int.from_bytes(octets[1:3], "big") == 0xA000 + 0x0800 + between
    with pytest.raises(FrameError, match="at most 2047"):
        frames.encode(frame._replace(information=bytes(2047)))


def test_rule_1_there_is_a_header_check_only_where_there_is_information() -> None:
    bare = frames.encode(Frame(SERVERS[1], CLIENT, 0x93))
    full = frames.encode(Frame(SERVERS[1], CLIENT, 0x93, b"x"))
    assert bare[6:8] == naive_check_sequence(bare[1:6])
    assert len(full) == len(bare) + 3
    assert full[6:8] == naive_check_sequence(full[1:6])
    assert full[9:11] == naive_check_sequence(full[1:9])


@pytest.mark.parametrize("size", [1, 2, 4])
def test_rule_1_an_address_has_one_two_or_four_octets_and_its_last_has_the_lowest_bit(size: int) -> None:
    octets = addresses.encode(SERVERS[size])
    assert len(octets) == size
    assert [octet & 1 for octet in octets] == [0] * (size - 1) + [1]
    assert addresses.decode(octets, 0) == SERVERS[size]


@pytest.mark.parametrize(
    ("octets", "wrong"), [("000003", "3 octets"), ("0002", "cut off"), ("0000000003", "does not end after 4")]
)
def test_an_address_of_another_size_is_refused(octets: str, wrong: str) -> None:
    with pytest.raises(FrameError, match=wrong):
        addresses.decode(bytes.fromhex(octets), 0)


@pytest.mark.parametrize(
    "bad", [Address(128), Address(1, 1), Address(0, 128, 2), Address(0, 1 << 14, 4), Address(1, 1, 3)]
)
def test_an_address_that_does_not_fit_is_not_written(bad: Address) -> None:
    with pytest.raises(FrameError, match=r"fit|expected 1, 2 or 4"):
        addresses.encode(bad)


@pytest.mark.parametrize(
    ("octets", "wrong"),
    [
        ("A0070321930F", "at least 7"),
        ("B0070321930F01", "type 3"),
        ("A0080321930F01", "says that it has 8"),
        ("A0070321930F02", "frame check sequence 0f02, expected 0f01"),
    ],
)
def test_what_is_no_frame_is_refused_with_the_reason(octets: str, wrong: str) -> None:
    with pytest.raises(FrameError, match=wrong):
        frames.decode(bytes.fromhex(octets))


def test_a_wrong_header_check_is_refused_though_the_frame_check_is_right() -> None:
    start = bytes.fromhex("A00A032110") + b"\x00\x00" + b"x"
    with pytest.raises(FrameError, match="header check sequence 0000"):
        frames.decode(start + naive_check_sequence(start))


@pytest.mark.parametrize(
    ("control", "kind"),
    [
        (0x93, Kind.SET_NORMAL_RESPONSE_MODE), (0x53, Kind.DISCONNECT), (0x73, Kind.UNNUMBERED_ACKNOWLEDGE),
        (0x1F, Kind.DISCONNECTED_MODE), (0x97, Kind.FRAME_REJECT), (0x13, Kind.UNNUMBERED_INFORMATION),
        (0x10, Kind.INFORMATION), (0xFE, Kind.INFORMATION), (0x11, Kind.RECEIVE_READY), (0xF1, Kind.RECEIVE_READY),
        (0x15, Kind.RECEIVE_NOT_READY), (0x19, Kind.UNKNOWN), (0xFF, Kind.UNKNOWN),
    ],
)  # fmt: skip
def test_control_fields_are_told_apart(control: int, kind: Kind) -> None:
    assert frames.kind(control) is kind


# ---------------------------------------------------------------- the stream


@given(FRAMES)
def test_a_frame_comes_back_as_it_was_written(frame: Frame) -> None:
    assert frames.decode(frames.encode(frame)[1:-1]) == frame


@given(st.lists(FRAMES | st.binary(max_size=12), max_size=6), st.data())
def test_frames_are_the_same_however_the_stream_is_cut(parts: list[Frame | bytes], data: st.DataObject) -> None:
    stream = b"".join(frames.encode(part) if isinstance(part, Frame) else part for part in parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    whole, left = frames.split(stream)
    found: list[Frame] = []
    rest = b""
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        piece, rest = frames.split(rest + stream[start:end])
        found += piece
    assert (tuple(found), rest) == (whole, left)


@given(st.lists(FRAMES, max_size=5), st.booleans())
def test_every_frame_is_found_between_idle_flags_whether_one_flag_or_two_stand_between(
    sent: list[Frame], shared: bool
) -> None:
    stream = b"".join(frames.encode(frame)[: -1 if shared else None] for frame in sent) + bytes((FLAG, FLAG))
    assert frames.split(bytes((FLAG,)) * 3 + stream)[0] == tuple(sent)


@given(st.binary(max_size=40).filter(lambda noise: FLAG not in noise), FRAMES)
def test_noise_before_a_flag_is_passed_over(noise: bytes, frame: Frame) -> None:
    assert frames.split(noise + frames.encode(frame))[0] == (frame,)


@given(FRAMES, st.integers(1, 40), FRAMES)
def test_a_frame_after_one_that_was_cut_short_is_found(cut: Frame, lost: int, frame: Frame) -> None:
    """Once as many octets have come as the first one announced, at the latest."""
    stream = frames.encode(cut)[:-lost] + frames.encode(frame) + bytes((FLAG,)) * 200
    assert frame in frames.split(stream)[0]


@given(st.binary(max_size=3000), st.integers(7, 2047))
def test_what_is_kept_of_a_stream_is_never_more_than_one_frame(octets: bytes, limit: int) -> None:
    _, rest = frames.split(octets.replace(b"\x00", b"\x7e\xa7"), limit)
    assert len(rest) <= limit + 1


def test_a_frame_over_the_limit_is_passed_over_before_it_comes() -> None:
    assert frames.split(bytes.fromhex("7EA100"), 0xFF) == ((), b"")
    assert frames.split(bytes.fromhex("7EA0FF"), 0xFF) == ((), bytes.fromhex("7EA0FF"))
