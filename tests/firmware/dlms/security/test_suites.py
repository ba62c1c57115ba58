"""Control octets against the bits of the standard, and suites against their key lengths."""

import pytest

from ferraris.firmware.dlms.results import DlmsError
from ferraris.firmware.dlms.security.suites import (
    SUITES,
    Control,
    Suite,
    check_title,
    control_from,
    control_octet,
    curve_parameters,
)


@pytest.mark.parametrize(
    ("octet", "control"),
    [
        (0x10, Control(Suite.AES_128, encrypted=False)),
        (0x20, Control(Suite.AES_128, authenticated=False)),
        (0x30, Control(Suite.AES_128)),
        (0x11, Control(Suite.P256_AES_128, encrypted=False)),
        (0x31, Control(Suite.P256_AES_128)),
        (0x12, Control(Suite.P384_AES_256, encrypted=False)),
        (0x72, Control(Suite.P384_AES_256, broadcast=True)),
        (0xB1, Control(Suite.P256_AES_128, compressed=True)),
    ],
)
def test_the_control_octet_has_the_bits_of_the_standard(octet: int, control: Control) -> None:
    assert control_from(octet) == control
    assert control_octet(control) == octet


def test_every_octet_of_a_known_suite_comes_back_as_it_was() -> None:
    known = [octet for octet in range(256) if octet & 0x0F <= 2]
    assert [control_octet(control_from(octet)) for octet in known] == known


@pytest.mark.parametrize("octet", [0x03, 0x13, 0x3F, 0xFF])
def test_a_suite_nobody_defined_is_refused(octet: int) -> None:
    with pytest.raises(DlmsError, match="there are 0, 1 and 2"):
        control_from(octet)


def test_only_the_last_suite_has_keys_of_256_bits() -> None:
    assert [SUITES[suite].key_octets for suite in Suite] == [16, 16, 32]


def test_suite_0_has_no_curve() -> None:
    with pytest.raises(DlmsError, match="suite 0 has no public keys"):
        curve_parameters(Suite.AES_128)
    assert [curve_parameters(suite).coordinate_octets for suite in list(Suite)[1:]] == [32, 48]


@pytest.mark.parametrize("title", [b"", b"FER0000", b"FER000001"])
def test_a_system_title_has_eight_octets(title: bytes) -> None:
    with pytest.raises(DlmsError, match="a system title has 8 octets"):
        check_title(title)
