"""Parameters of SNRM and UA, as others have written them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.dlms.hdlc import frames, negotiation
from ferraris.firmware.dlms.hdlc.addresses import FrameError
from ferraris.firmware.dlms.hdlc.negotiation import DEFAULT, Parameters
from hdlc_rig import KMETHY_UA, U9N_SNRM, U9N_UA


def information(octets: bytes) -> bytes:
    return frames.split(octets)[0][0].information


def test_published_parameters_are_read_in_one_octet_and_in_two() -> None:
    assert negotiation.decode(information(KMETHY_UA)) == Parameters(128, 128, 1, 1)
    assert negotiation.decode(information(U9N_UA)) == Parameters(0xF2, 0xF2, 1, 1)
    assert negotiation.decode(information(U9N_SNRM)) == Parameters(128, 512, 1, 1)


def test_rule_1_octets_are_written_in_the_smallest_size_and_windows_in_four() -> None:
    """As Gurux writes them, in the trace of issue 62; the defaults as in STO 34.01-5.1-006-2019, Table 12.1."""
    assert negotiation.encode(Parameters(128, 512, 1, 1)) == information(U9N_SNRM)
    assert negotiation.encode(DEFAULT).hex() == "818012050180060180070400000001080400000001"


def test_rule_1_what_is_not_proposed_has_its_default() -> None:
    assert negotiation.decode(b"") == Parameters(128, 128, 1, 1)
    assert negotiation.decode(bytes.fromhex("81800306 01 40")) == Parameters(128, 64, 1, 1)


def test_unknown_parameters_are_passed_over_and_any_order_will_do() -> None:
    octets = bytes.fromhex("81800A 090141 080102 05020200".replace(" ", ""))
    assert negotiation.decode(octets) == Parameters(512, 128, 1, 2)


@pytest.mark.parametrize(
    ("octets", "wrong"),
    [
        ("8280", "expected 8180"), ("8180", "length"), ("818004050180", "length"), ("81800105", "cut off"),
        ("818003050280", "parameter 5 is cut off"), ("8180020500", "expected 1 to 4"),
        ("8180070505 0000000080".replace(" ", ""), "expected 1 to 4"),
    ],
)  # fmt: skip
def test_malformed_parameters_are_refused_with_the_reason(octets: str, wrong: str) -> None:
    with pytest.raises(FrameError, match=wrong):
        negotiation.decode(bytes.fromhex(octets))


@given(st.binary(max_size=40))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    try:
        negotiation.decode(b"\x81\x80" + bytes((len(octets),)) + octets)
    except FrameError as error:
        assert str(error)  # noqa: PT017  # the other outcome is as good


def test_rule_1_what_a_client_sends_limits_what_the_server_takes() -> None:
    ours = Parameters(1000, 900, 5, 4)
    assert negotiation.agree(Parameters(100, 200, 2, 3), ours) == Parameters(200, 100, 3, 2)
    assert negotiation.agree(Parameters(2030, 2030, 7, 7), ours) == ours


def test_a_value_of_0_stands_for_the_default_and_user_data_are_passed_over() -> None:
    """IEC 62056-46, 6.4.4.4.3.2, as pydlms-client quotes it."""
    assert negotiation.decode(bytes.fromhex("818006050100060100")) == DEFAULT
    assert negotiation.decode(bytes.fromhex("818003050140FF0102")) == Parameters(64)


@pytest.mark.parametrize("proposed", [Parameters(31), Parameters(128, 0)])
def test_terms_that_cannot_be_kept_are_refused(proposed: Parameters) -> None:
    with pytest.raises(FrameError, match="proposed"):
        negotiation.agree(proposed, DEFAULT)
