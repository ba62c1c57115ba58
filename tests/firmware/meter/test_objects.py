"""The object table: what each client is shown, and whether a value is what the registers and readings say."""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from bench_rig import FRAM, RTC_MS, SECOND, Terms, configuration, play, rig
from ferraris.bench.configure import configure
from ferraris.firmware.billing import registers as billing
from ferraris.firmware.billing.registers import Counters, Register, Registers
from ferraris.firmware.billing.zone import UTC
from ferraris.firmware.dlms import axdr, datetimes
from ferraris.firmware.dlms.acse import Mechanism
from ferraris.firmware.dlms.axdr import Data, Tag
from ferraris.firmware.dlms.host import COMMANDING, READING, Answer, Attribute, Selection, Session
from ferraris.firmware.dlms.obis import obis, written
from ferraris.firmware.dlms.results import DataAccessResult
from ferraris.firmware.meter.boot import boot
from ferraris.firmware.meter.config import Config
from ferraris.firmware.meter.objects import MeterHost, index
from ferraris.firmware.meter.state import State
from ferraris.firmware.meter.table import Memory
from ferraris.firmware.meter.turn import Turn, with_axis
from ferraris.firmware.store.layout import Geometry
from ferraris.hardware.platform.load import load
from ferraris.pins import QUANTA_PER_MWS, Instant, Reading

PLATFORMS = Path(__file__).resolve().parents[3] / "platforms"
NAMES = ("home-1p", "shop-3p", "feeder-3p-ct")
WH = 3_600_000
PUBLIC = Session(16, 1, Mechanism.LOWEST, READING, 0xFFFF, 0xFFFF)
READER = Session(2, 1, Mechanism.LOW, READING, 0xFFFF, 0xFFFF)


def config_of(name: str) -> Config:
    return configure(load(PLATFORMS / f"{name}.toml"))


def counters(base: int) -> Counters:
    """Registers of base, base + 1 ... Wh, so that no two can be mistaken for each other."""
    return Counters(*(Register((base + number) * WH + 17, 99) for number in range(8)))


def state_of(config: Config) -> State:
    memory = b"\xff" * config.layout.geometry.size
    phases = tuple(counters(1000 * (phase + 1)) for phase in range(config.elements))
    shown = tuple(
        Instant(230.0 + phase, 4.0 + phase, 800.0 - 900.0 * phase, 100.0 * (phase - 1), 920.0)
        for phase in range(config.elements)
    )
    reading = Reading(0, 8000, (), (), shown, 1.25, 49.987, 30.0, (), ())  # type: ignore[arg-type]
    uncalibrated = replace(config, needs_calibration=False)
    state = replace(boot(uncalibrated, memory), reading=reading, rtc_ms=RTC_MS)
    return with_registers(state, Registers(phases, counters(100)))


def with_registers(state: State, found: Registers) -> State:
    return replace(state, ledger=replace(state.ledger, registers=found))


def host(config: Config, state: State, memory: Memory = b"") -> MeterHost:
    return MeterHost(config, Turn(state), memory)


def get(config: Config, state: State, name: str, session: Session = READER, number: int = 2) -> Answer:
    entry = index(config).entries.get(obis(name))
    class_id = entry.class_id if entry else 3
    return host(config, state).get(session, Attribute(class_id, obis(name), number), None)


def number(answer: Answer) -> int:
    assert isinstance(answer, bytes), answer
    value = axdr.decode(answer).value
    assert isinstance(value, int)
    return value


def shown(config: Config, name: str) -> int:
    return number(get(config, state_of(config), name))


def names(config: Config, client: int) -> set[str]:
    return {written(name) for name in index(config).shown[client]}


@pytest.mark.parametrize("name", NAMES)
def test_every_attribute_of_every_object_can_be_read_and_is_well_formed(name: str) -> None:
    config = config_of(name)
    asked = host(config, state_of(config), b"\xff" * config.layout.geometry.size)
    for entry in index(config).entries.values():
        for right in entry.attributes:
            answer = asked.get(READER, Attribute(entry.class_id, entry.logical_name, right.number), None)
            assert isinstance(answer, bytes), (written(entry.logical_name), right.number, answer)
            axdr.decode(answer)


def test_the_public_client_is_shown_identity_and_clock_and_nothing_that_was_measured() -> None:
    config = config_of("home-1p")
    assert names(config, 16) == {
        "0.0.1.0.0.255", "0.0.40.0.0.255", "0.0.41.0.0.255", "0.0.42.0.0.255", "0.0.96.1.0.255", "0.0.96.1.1.255",
        "0.0.96.1.2.255", "1.0.0.2.0.255",
    }  # fmt: skip
    assert get(config, state_of(config), "1.0.1.8.0.255", PUBLIC) is DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
    assert isinstance(get(config, state_of(config), "0.0.96.1.0.255", PUBLIC), bytes)


def test_refusals_say_what_is_wrong() -> None:
    config = config_of("home-1p")
    state = state_of(config)
    assert get(config, state, "1.0.77.8.0.255") is DataAccessResult.OBJECT_UNDEFINED
    assert get(config, state, "1.0.1.8.0.255", number=4) is DataAccessResult.READ_WRITE_DENIED
    assert get(config, state, "0.0.40.0.0.255", number=7) is DataAccessResult.READ_WRITE_DENIED
    wrong = host(config, state).get(READER, Attribute(1, obis("1.0.1.8.0.255"), 2), None)
    assert wrong is DataAccessResult.OBJECT_CLASS_INCONSISTENT


def test_who_may_associate_and_how() -> None:
    config = config_of("home-1p")
    asked = host(config, state_of(config))
    public, reader, manager = asked.policy(16), asked.policy(2), asked.policy(1)
    assert public is not None
    assert reader is not None
    assert public.mechanism is Mechanism.LOWEST
    secrets = {client.number: client.password for client in config.clients}
    assert (reader.mechanism, reader.secret, reader.conformance) == (Mechanism.LOW, secrets[2], READING)
    assert manager is not None
    assert (manager.mechanism, manager.secret, manager.conformance) == (Mechanism.LOW, secrets[1], COMMANDING)
    assert secrets[1] != secrets[2]
    assert asked.policy(77) is None


def test_a_single_phase_meter_does_not_list_what_only_three_phases_have() -> None:
    listed = names(config_of("home-1p"), 2)
    assert "1.0.21.8.0.255" in listed
    assert not listed & {"1.0.41.8.0.255", "1.0.52.7.0.255", "1.0.73.7.0.255", "1.128.1.8.0.255", "1.0.0.4.2.255"}
    assert "1.0.91.7.0.255" in listed, "its neutral current transformer is fitted"


EXPECTED = {
    # value group C, offset in the registers above: A+, A-, Q1 to Q4, S+, S-
    1: (0,), 2: (1,), 3: (2, 3), 4: (4, 5), 5: (2,), 6: (3,), 7: (4,), 8: (5,), 9: (6,), 10: (7,),
}  # fmt: skip


@pytest.mark.parametrize(("code", "offsets"), EXPECTED.items())
def test_every_energy_code_shows_its_own_register_in_whole_watt_hours(code: int, offsets: tuple[int, ...]) -> None:
    config = config_of("shop-3p")
    vector = sum(100 + offset for offset in offsets)
    phases = [sum(1000 * (phase + 1) + offset for offset in offsets) for phase in range(3)]
    assert config.netting == "vector"
    assert shown(config, f"1.0.{code}.8.0.255") == vector
    assert shown(config, f"1.128.{code}.8.0.255") == vector
    assert shown(config, f"1.129.{code}.8.0.255") == sum(phases)
    for phase in range(3):
        assert shown(config, f"1.0.{code + 20 * (phase + 1)}.8.0.255") == phases[phase]


def with_netting(name: str, netting: str) -> Config:
    platform = load(PLATFORMS / f"{name}.toml")
    firmware = platform.firmware.model_copy(update={"netting": netting})
    return configure(platform.model_copy(update={"firmware": firmware}))


def test_netting_decides_what_the_standard_code_shows_and_the_channels_never_change() -> None:
    for netting, standard in (("vector", 100), ("per_phase", 6000)):
        config = with_netting("shop-3p", netting)
        assert shown(config, "1.0.1.8.0.255") == standard
        assert shown(config, "1.128.1.8.0.255") == 100
        assert shown(config, "1.129.1.8.0.255") == 6000


def test_a_transformer_meter_shows_both_sides_and_its_ratios() -> None:
    platform = load(PLATFORMS / "feeder-3p-ct.toml")
    config = configure(platform)
    assert platform.transformers is not None
    ct, vt = platform.transformers.ct, platform.transformers.vt
    ratio = Fraction(ct.primary) / Fraction(ct.secondary) * Fraction(vt.primary) / Fraction(vt.secondary)
    quanta = (100 * WH + 17) * QUANTA_PER_MWS + 99
    assert shown(config, "1.128.1.8.0.255") == 100
    assert shown(config, "1.130.1.8.0.255") == int(quanta * ratio / (QUANTA_PER_MWS * WH))
    assert Fraction(shown(config, "1.0.0.4.2.255"), shown(config, "1.0.0.4.5.255")) == Fraction(
        ct.primary / ct.secondary
    )
    assert Fraction(shown(config, "1.0.0.4.3.255"), shown(config, "1.0.0.4.6.255")) == Fraction(
        vt.primary / vt.secondary
    )
    side = "130" if platform.transformers.registers == "primary" else "128"
    assert shown(config, "1.0.1.8.0.255") == shown(config, f"1.{side}.1.8.0.255")
    assert shown(config, "1.0.21.8.0.255") == shown(config, f"1.{side}.21.8.0.255")


def encoded_tag(config: Config, name: str) -> int:
    answer = get(config, state_of(config), name)
    assert isinstance(answer, bytes)
    return answer[0]


def test_a_register_counts_1500_hours_at_full_load_without_rolling_over() -> None:
    # The capacity that the French order of 1 August 2013 (annex 3) asks for, by the nameplate and nothing of ours.
    for name in NAMES:
        platform = load(PLATFORMS / f"{name}.toml")
        full_load_w = platform.elements * platform.meter.un_v * platform.meter.current.max_a
        config = configure(platform)
        for channel, ratio in ((128, 1.0), (130, transformed(name))):
            code = f"1.{channel}.1.8.0.255"
            if obis(code) in index(config).entries:
                bits = {Tag.DOUBLE_LONG_UNSIGNED: 32, Tag.LONG64_UNSIGNED: 64}[Tag(encoded_tag(config, code))]
                assert full_load_w * ratio * 1500 < 2**bits


def transformed(name: str) -> float:
    ratios = load(PLATFORMS / f"{name}.toml").transformers
    return 1.0 if ratios is None else ratios.ct.primary / ratios.ct.secondary * ratios.vt.primary / ratios.vt.secondary


def test_a_32_bit_register_rolls_over_like_a_counter() -> None:
    config = config_of("home-1p")
    beyond = Counters(active_import=Register((2**32 + 7) * WH))
    state = with_registers(state_of(config), Registers((beyond,), beyond))
    assert number(get(config, state, "1.0.1.8.0.255")) == 7


MOMENTS = {
    # The three phases of `state_of`: P 800, -100, -1000 W; Q -100, 0, 100 var; S 920 VA each.
    "1.0.1.7.0.255": 0, "1.0.2.7.0.255": 3000, "1.0.3.7.0.255": 0, "1.0.4.7.0.255": 0,
    "1.0.9.7.0.255": 0, "1.0.10.7.0.255": 3000, "1.0.13.7.0.255": -1000,
    "1.0.21.7.0.255": 8000, "1.0.22.7.0.255": 0, "1.0.41.7.0.255": 0, "1.0.42.7.0.255": 1000, "1.0.62.7.0.255": 10000,
    "1.0.24.7.0.255": 1000, "1.0.23.7.0.255": 0, "1.0.63.7.0.255": 1000,
    "1.0.29.7.0.255": 9200, "1.0.30.7.0.255": 0, "1.0.70.7.0.255": 9200,
    "1.0.32.7.0.255": 23000, "1.0.52.7.0.255": 23100, "1.0.72.7.0.255": 23200,
    "1.0.31.7.0.255": 4000, "1.0.51.7.0.255": 5000, "1.0.71.7.0.255": 6000,
    "1.0.33.7.0.255": 870, "1.0.53.7.0.255": -109, "1.0.14.7.0.255": 49987,
}  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), MOMENTS.items())
def test_instantaneous_values_are_the_reading_on_their_scale(name: str, expected: int) -> None:
    assert shown(config_of("shop-3p"), name) == expected


def test_netting_per_phase_holds_for_powers_as_well() -> None:
    config = with_netting("shop-3p", "per_phase")
    assert shown(config, "1.0.1.7.0.255") == 8000
    assert shown(config, "1.0.2.7.0.255") == 11_000


def test_units_and_scalers_are_those_of_the_quantity() -> None:
    config = config_of("shop-3p")
    for name, scaler, unit in (
        ("1.0.1.8.0.255", 0, 30), ("1.0.3.8.0.255", 0, 32), ("1.0.9.8.0.255", 0, 31), ("1.0.1.7.0.255", -1, 27),
        ("1.0.3.7.0.255", -1, 29), ("1.0.9.7.0.255", -1, 28), ("1.0.32.7.0.255", -2, 35), ("1.0.31.7.0.255", -3, 33),
        ("1.0.14.7.0.255", -3, 44), ("1.0.13.7.0.255", -3, 255),
    ):  # fmt: skip
        answer = get(config, state_of(config), name, number=3)
        assert isinstance(answer, bytes)
        assert axdr.decode(answer).value == (Data(Tag.INTEGER, scaler), Data(Tag.ENUM, unit))


def test_before_the_first_reading_there_is_nothing_to_show() -> None:
    config = config_of("home-1p")
    state = replace(state_of(config), reading=None)
    assert get(config, state, "1.0.32.7.0.255") is DataAccessResult.TEMPORARY_FAILURE
    assert isinstance(get(config, state, "1.0.1.8.0.255"), bytes)


def test_before_the_first_window_has_closed_no_instantaneous_value_is_shown() -> None:
    config = config_of("home-1p")
    measured = state_of(config)
    assert measured.reading is not None
    state = replace(measured, reading=measured.reading._replace(instant=(), neutral_a=None, frequency_hz=0.0))
    moments = [name for name in names(config, 2) if name.split(".")[:2] == ["1", "0"] and name.split(".")[3] == "7"]
    assert len(moments) > 15
    for name in moments:
        assert isinstance(get(config, measured, name), bytes)
        assert get(config, state, name) is DataAccessResult.TEMPORARY_FAILURE, name
    assert isinstance(get(config, state, "1.0.1.8.0.255"), bytes)


# Monday 2026-11-23 06:59:59.30 UTC and half a year before, Saturday 2026-05-23 06:59:59.30, written out by hand.
NOVEMBER, MAY = RTC_MS, RTC_MS - 184 * 86_400_000
CLOCKS = {
    "UTC": ("rig", NOVEMBER, "090C 07EA 0B 17 01 06 3B 3B 1E 0000 00"),
    "Berlin in winter": ("home-1p", NOVEMBER, "090C 07EA 0B 17 01 07 3B 3B 1E FFC4 00"),
    "Berlin in summer": ("home-1p", MAY, "090C 07EA 05 17 06 08 3B 3B 1E FF88 80"),
}


@pytest.mark.parametrize(("name", "now_ms", "expected"), CLOCKS.values(), ids=CLOCKS.keys())
def test_the_clock_shows_local_time_with_its_deviation_and_summer_time(name: str, now_ms: int, expected: str) -> None:
    config = configuration() if name == "rig" else config_of(name)
    assert config.plan.zone == (UTC if name == "rig" else config_of("shop-3p").plan.zone)
    answer = get(config, replace(state_of(config), rtc_ms=now_ms), "0.0.1.0.0.255")
    assert answer == bytes.fromhex(expected)


def profile_answer(config: Config, state: State, memory: memoryview, selection: Selection | None) -> list[list[object]]:
    answer = host(config, state, memory).get(READER, Attribute(7, obis("1.0.99.1.0.255"), 2), selection)
    assert isinstance(answer, bytes), answer
    rows = axdr.decode(answer).value
    assert isinstance(rows, tuple)
    return [[cell.value for cell in row.value] for row in rows if isinstance(row.value, tuple)]  # type: ignore[union-attr]


def by_entry(first: int, last: int, first_column: int = 1, last_column: int = 0) -> Selection:
    kinds: Iterable[tuple[Tag, int]] = (
        (Tag.DOUBLE_LONG_UNSIGNED, first), (Tag.DOUBLE_LONG_UNSIGNED, last),
        (Tag.LONG_UNSIGNED, first_column), (Tag.LONG_UNSIGNED, last_column),
    )  # fmt: skip
    return Selection(2, Data(Tag.STRUCTURE, tuple(Data(tag, value) for tag, value in kinds)))


def by_range(first_ms: int, last_ms: int) -> Selection:
    clock = Data(
        Tag.STRUCTURE,
        (
            Data(Tag.LONG_UNSIGNED, 8),
            Data(Tag.OCTET_STRING, obis("0.0.1.0.0.255")),
            Data(Tag.INTEGER, 2),
            Data(Tag.LONG_UNSIGNED, 0),
        ),
    )
    ends = [Data(Tag.OCTET_STRING, datetimes.pack(datetimes.local(end))) for end in (first_ms, last_ms)]
    return Selection(1, Data(Tag.STRUCTURE, (clock, *ends, Data(Tag.ARRAY, ()))))


def test_a_load_profile_is_read_whole_by_entry_and_by_range() -> None:
    bench = play(rig(), [], 330 * SECOND)
    assert bench.state is not None
    config, state, memory = bench.config, bench.state, bench.storage.view
    whole = profile_answer(config, state, memory, None)
    seven = 1_795_417_200_000
    stamps = [datetimes.utc_ms(datetimes.unpack(row[0])) for row in whole]  # type: ignore[arg-type]
    assert stamps == [seven + 60_000 * minute for minute in range(6)]
    assert all(early[2] <= late[2] for early, late in pairwise(whole))  # type: ignore[operator]
    assert profile_answer(config, state, memory, by_entry(2, 4)) == whole[1:4]
    assert profile_answer(config, state, memory, by_entry(5, 0, 3, 3)) == [[row[2]] for row in whole[4:]]
    assert profile_answer(config, state, memory, by_range(seven + 60_000, seven + 180_000)) == whole[1:4]
    assert profile_answer(config, state, memory, by_range(seven + 1000, seven + 59_000)) == []


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_the_profile_captures_is_an_object_that_the_reading_client_is_shown(name: str) -> None:
    config = config_of(name)
    columns = get(config, state_of(config), "1.0.99.1.0.255", number=3)
    assert isinstance(columns, bytes)
    captured = axdr.decode(columns).value
    assert isinstance(captured, tuple)
    assert len(captured) == 6
    for column in captured:
        class_id, logical_name, attribute, _ = (cell.value for cell in column.value)  # type: ignore[union-attr]
        entry = index(config).shown[2][logical_name]  # type: ignore[index]
        assert entry.class_id == class_id
        assert attribute in {right.number for right in entry.attributes}


def test_the_profile_status_shows_what_the_next_row_will_say() -> None:
    config = config_of("home-1p")
    state = state_of(config)
    for expected in (0, 0x04, 0x80, 0x84):
        first = with_axis(Turn(state), status_1=expected).state
        assert get(config, first, "0.0.96.10.1.255") == bytes([Tag.UNSIGNED, expected])
        assert get(config, first, "0.0.96.10.2.255") == bytes([Tag.UNSIGNED, 0])
        second = with_axis(Turn(state), status_2=expected).state
        assert get(config, second, "0.0.96.10.2.255") == bytes([Tag.UNSIGNED, expected])
    assert get(config, state, "0.0.96.10.1.255", PUBLIC) is DataAccessResult.SCOPE_OF_ACCESS_VIOLATED


def test_the_latest_row_quotes_the_registers_committed_with_it() -> None:
    bench = play(rig(), [], 60 * SECOND + 700_000_000)
    assert bench.state is not None
    row = profile_answer(bench.config, bench.state, bench.storage.view, None)[-1]
    total = bench.state.ledger.registers.vector
    reactive = [billing.reactive_import(total), billing.reactive_export(total)]
    assert row[2:] == [register.mws // WH for register in (total.active_import, total.active_export, *reactive)]
    assert 0 not in row[2:]


@pytest.mark.parametrize("geometry", [FRAM, Geometry(65_536, 256, 1024)], ids=["fram", "flash"])
def test_a_full_ring_keeps_as_many_rows_as_it_promises_and_says_so(geometry: Geometry) -> None:
    """Flash, whose rows go a sector at a time, still has older ones: they are not shown."""
    bench = play(rig(Terms(geometry=geometry)), [], 1200 * SECOND)
    assert bench.state is not None
    assert (len(bench.state.rings[0]) > 8) == (geometry.erase > 0)
    asked = host(bench.config, bench.state, bench.storage.view)
    in_use, promised = (number(asked.get(READER, Attribute(7, obis("1.0.99.1.0.255"), n), None)) for n in (7, 8))
    assert in_use == promised == 8
    whole = profile_answer(bench.config, bench.state, bench.storage.view, None)
    assert len(whole) == 8
    assert datetimes.utc_ms(datetimes.unpack(whole[-1][0])) == 1_795_417_200_000 + 19 * 60_000  # type: ignore[arg-type]


def test_a_row_whose_bytes_changed_is_left_out_and_keeps_its_number() -> None:
    bench = play(rig(), [], 330 * SECOND)
    assert bench.state is not None
    image = bytearray(bench.storage.view)
    whole = profile_answer(bench.config, bench.state, memoryview(image), None)
    plan = bench.config.layout.rings[0]
    image[plan.slot_address(2) + 16] ^= 0x10
    spoilt = memoryview(image)
    assert profile_answer(bench.config, bench.state, spoilt, None) == [*whole[:2], *whole[3:]]
    assert profile_answer(bench.config, bench.state, spoilt, by_entry(2, 4)) == [whole[1], whole[3]]
    assert profile_answer(bench.config, bench.state, spoilt, by_range(0, 4 * 10**12)) == [*whole[:2], *whole[3:]]
