"""A row of a load profile survives its stored form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.billing import profile

ROWS = st.builds(
    profile.Row,
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from(profile.Status),
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=16).map(tuple),
)


@given(ROWS)
def test_a_row_survives_its_stored_form(row: profile.Row) -> None:
    payload = profile.encode_row(row)
    assert len(payload) == profile.row_size(len(row.values)) == 9 + 8 * len(row.values)
    assert profile.decode_row(payload, len(row.values)) == row


def test_a_row_of_another_size_is_an_error() -> None:
    with pytest.raises(ValueError, match="36 bytes, expected 41"):
        profile.decode_row(bytes(36), 4)
