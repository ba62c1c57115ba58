"""COSEM date-times against the calendar of the standard library, and the rules for what is left unspecified."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from dlms_host import octets
from hypothesis import given
from hypothesis import strategies as st

from ferraris.firmware.dlms import datetimes
from ferraris.firmware.dlms.datetimes import ANY, ANY_DEVIATION, DateTime, Edge
from ferraris.firmware.dlms.results import DlmsError

INSTANTS = st.integers(0, 4_102_444_800_000 // 10).map(lambda hundredths: hundredths * 10)  # to 2100, in hundredths
DEVIATIONS = st.integers(-720, 720)


def ms(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@given(INSTANTS, DEVIATIONS)
def test_an_instant_survives_being_written_with_any_deviation(instant: int, deviation: int) -> None:
    assert datetimes.utc_ms(datetimes.unpack(datetimes.pack(datetimes.local(instant, deviation)))) == instant


@given(INSTANTS, DEVIATIONS)
def test_the_fields_are_those_of_the_calendar_at_the_local_offset(instant: int, deviation: int) -> None:
    """The standard library counts its offsets from UTC to local time: the other sign."""
    expected = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant, minutes=-deviation)
    written = datetimes.local(instant, deviation)
    assert written[:7] == (
        expected.year, expected.month, expected.day, expected.isoweekday(),
        expected.hour, expected.minute, expected.second,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("hexadecimal", "utc"),
    [
        # Central European Time is FFC4 (-60), its summer time FF88 (-120): minutes from local time to UTC
        ("07E6 01 0F 06 0C 00 00 00 FFC4 00", datetime(2022, 1, 15, 11, tzinfo=UTC)),
        ("07E6 07 0F 05 0C 00 00 00 FF88 80", datetime(2022, 7, 15, 10, tzinfo=UTC)),
        ("07E6 07 0F 05 0C 00 00 00 0000 00", datetime(2022, 7, 15, 12, tzinfo=UTC)),
    ],
)
def test_rule_11_the_deviation_leads_from_local_time_to_utc(hexadecimal: str, utc: datetime) -> None:
    assert datetimes.utc_ms(datetimes.unpack(octets(hexadecimal))) == ms(utc)


def test_rule_11_an_unspecified_deviation_takes_the_one_assumed() -> None:
    noon = DateTime(2022, 1, 15, ANY, 12, 0, 0, 0, ANY_DEVIATION)
    assert datetimes.utc_ms(noon, assumed_deviation=-60) == ms(datetime(2022, 1, 15, 11, tzinfo=UTC))
    assert datetimes.unpack(octets("07E6010FFF0C000000800000")) == noon


@pytest.mark.parametrize(
    ("moment", "first", "last"),
    [
        (DateTime(2024), datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
        (DateTime(2024, 2), datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 2, 29, 23, 59, 59, 999000, tzinfo=UTC)),
        (DateTime(2023, 2, 0xFE, 0xFF, 1, 2, 3, 4), *[datetime(2023, 2, 28, 1, 2, 3, 40_000, tzinfo=UTC)] * 2),
        (DateTime(2023, 2, 0xFD, 0xFF, 1, 2, 3, 4), *[datetime(2023, 2, 27, 1, 2, 3, 40_000, tzinfo=UTC)] * 2),
        (
            DateTime(2023, 12, 5, 0xFF, 7, 30, 0),
            datetime(2023, 12, 5, 7, 30, tzinfo=UTC),
            datetime(2023, 12, 5, 7, 30, 0, 999000, tzinfo=UTC),
        ),
    ],
)
def test_unspecified_fields_span_from_the_first_to_the_last_instant_that_fits(
    moment: DateTime, first: datetime, last: datetime
) -> None:
    assert datetimes.utc_ms(moment, Edge.FIRST) == ms(first)
    assert datetimes.utc_ms(moment, Edge.LAST) == ms(last)


@given(INSTANTS)
def test_without_a_year_there_is_no_limit(instant: int) -> None:
    assert datetimes.utc_ms(DateTime(), Edge.FIRST) < instant < datetimes.utc_ms(DateTime(), Edge.LAST)


@pytest.mark.parametrize(
    "impossible",
    [
        DateTime(2023, 2, 29, 0, 0, 0, 0), DateTime(2023, 13, 1), DateTime(2023, 0, 1), DateTime(0, 1, 1),
        DateTime(2023, 1, 1, 1, 24), DateTime(2023, 1, 1, 1, 0, 60), DateTime(2023, 1, 1, 1, 0, 0, 61),
        DateTime(2023, 1, 1, 1, 0, 0, 0, 100), DateTime(2023, 0xFD, 0xFE), DateTime(60000, 12, 0xFE),
    ],
)  # fmt: skip
def test_dates_and_times_that_do_not_exist_are_refused(impossible: DateTime) -> None:
    with pytest.raises(DlmsError):
        datetimes.utc_ms(impossible)


@given(st.binary(max_size=3).map(lambda tail: (b"\x27\x0f\x0c\xfe" + tail + bytes(12))[:12]), st.sampled_from(Edge))
def test_the_last_month_of_the_calendar_has_an_end(random: bytes, edge: Edge) -> None:
    with suppress(DlmsError):
        assert isinstance(datetimes.utc_ms(datetimes.unpack(random), edge), int)


@given(st.binary(max_size=13), st.sampled_from(Edge))
def test_any_octets_are_an_instant_or_a_dlms_error(random: bytes, edge: Edge) -> None:
    with suppress(DlmsError):
        assert isinstance(datetimes.utc_ms(datetimes.unpack(random), edge), int)


@pytest.mark.parametrize("utc_ms", [253_402_300_800_000, -62_135_596_800_001, 10**30, -(10**30)])
def test_an_instant_without_a_date_is_unspecified_and_marked_invalid(utc_ms: int) -> None:
    # 253402300800 s is 10000-01-01, -62135596800 s is 0001-01-01: the ends of the calendar, as `date -u +%s` has them.
    assert datetimes.local(utc_ms) == datetimes.UNSPECIFIED._replace(deviation=0, status=0x01)
    assert len(datetimes.pack(datetimes.local(utc_ms))) == 12


def test_the_first_and_the_last_instant_with_a_date_have_one() -> None:
    assert datetimes.local(253_402_300_799_999)[:3] == (9999, 12, 31)
    assert datetimes.local(-62_135_596_800_000)[:3] == (1, 1, 1)
    assert datetimes.local(4_294_967_296_000)[:7] == (2106, 2, 7, 7, 6, 28, 16)
