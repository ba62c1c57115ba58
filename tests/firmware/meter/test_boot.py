"""What boot makes of a memory: damage is counted and told, and what is not this meter's is refused in one line."""

import pytest

from bench_rig import PASSWORD, SECOND, Ram, configuration, play, rig
from dlms_rig import read_once
from ferraris.bench.storage import Storage
from ferraris.firmware.billing.ledger import RingRow, encode_snapshot, numbers, zero
from ferraris.firmware.billing.profile import Row, Status, encode_row
from ferraris.firmware.meter.boot import BootRefusedError, boot
from ferraris.firmware.meter.config import RecordKind, RingId
from ferraris.pins import Append, Commit

CONFIG = configuration()
OWNER = Commit(RecordKind.OWNER, b"FER00000042")
ROW = encode_row(Row(1_795_417_200, Status(0), (1, 2, 3, 4)))
OTHER = encode_row(Row(1_795_417_260, Status(0), (1, 2, 3, 4)))


def ledger(*rows: RingRow) -> Commit:
    shape = CONFIG.plan.shape
    return Commit(RecordKind.LEDGER, encode_snapshot(numbers(zero(shape), shape), rows)[0])


def holding(*outputs: Commit | Append) -> bytes:
    """A memory into which a meter has written this."""
    part = Ram(CONFIG.layout.geometry.size)
    storage = Storage(CONFIG.layout, part)
    storage.open()
    for output in outputs:
        if isinstance(output, Commit):
            storage.commit(output)
        else:
            storage.append(output)
    return bytes(part.image)


def test_a_blank_memory_is_a_new_meter_with_the_factorys_tariff() -> None:
    state = boot(CONFIG, b"\xff" * CONFIG.layout.geometry.size)
    assert state.ledger == zero(CONFIG.plan.shape)
    assert (state.calendar, state.passive, state.special_days) == (CONFIG.calendar, CONFIG.calendar, ())
    assert not state.is_bound


def test_rows_that_are_in_their_ring_are_not_missing_and_the_others_are() -> None:
    promised = RingRow(RingId.PROFILE_1, 0, ROW), RingRow(RingId.PROFILE_1, 1, OTHER)
    assert boot(CONFIG, holding(OWNER, ledger(*promised))).unwritten == promised
    half = holding(OWNER, ledger(*promised), Append(RingId.PROFILE_1, ROW))
    assert boot(CONFIG, half).unwritten == promised[1:]
    whole = holding(OWNER, ledger(*promised), Append(RingId.PROFILE_1, ROW), Append(RingId.PROFILE_1, OTHER))
    assert boot(CONFIG, whole).unwritten == ()


def test_a_row_that_later_ones_have_pushed_out_of_its_ring_was_there() -> None:
    rows = tuple(RingRow(RingId.BILLING, number, b"close %d" % number) for number in range(9))
    written = (Append(row.ring, row.payload) for row in rows)
    assert len(rows) > CONFIG.layout.rings[RingId.BILLING].slots
    assert boot(CONFIG, holding(OWNER, ledger(*rows), *written)).unwritten == ()


@pytest.mark.parametrize("kind", [RecordKind.ACTIVE_CALENDAR, RecordKind.PASSIVE_CALENDAR, RecordKind.SPECIAL_DAYS])
def test_bytes_that_are_no_tariff_are_refused(kind: RecordKind) -> None:
    memory = holding(OWNER, ledger(), Commit(kind, b"a tariff of somebody else"))
    with pytest.raises(BootRefusedError, match="a tariff that cannot be read"):
        boot(CONFIG, memory)


@pytest.mark.parametrize(
    ("outputs", "says"),
    [
        ((Commit(RecordKind.OWNER, b"FER00000043"), ledger()), "belongs to the meter FER00000043, this is FER00000042"),
        ((ledger(),), "not the serial number"),
        ((OWNER, Commit(RecordKind.DELTA, b"")), "no good snapshot"),
        ((OWNER, Commit(RecordKind.LEDGER, b"\x00")), "ledger"),
        ((OWNER, ledger(RingRow(77, 0, b""))), "a row of ring 77, this meter has 5"),
    ],
    ids=["another meter", "nobody's", "no snapshot", "no ledger", "another firmware's ring"],
)
def test_what_is_not_this_meters_is_refused_in_one_line(outputs: tuple[Commit, ...], says: str) -> None:
    with pytest.raises(BootRefusedError, match=says) as refused:
        boot(CONFIG, holding(*outputs))
    assert "\n" not in str(refused.value)


def test_damage_is_counted_logged_and_marked_in_the_next_row_of_each_profile() -> None:
    bench = play(rig(), [], 330 * SECOND)
    bench.cut_power()
    assert isinstance(bench.storage.part, Ram)
    bench.storage.part.image[CONFIG.layout.rings[RingId.PROFILE_1].slot_address(2) + 16] ^= 0x10
    bench.switch_on(331 * SECOND)
    assert bench.state is not None
    assert bench.state.damage == 1
    for number, profile in (("1", "1.0.99.1.0.255"), ("2", "1.0.99.2.0.255")):
        pending = read_once(bench, PASSWORD, 1, f"0.0.96.10.{number}.255")
        assert isinstance(pending, int)
        assert pending & Status.DATA_NOT_VALID, profile
    bench.advance(700 * SECOND)
    for number in ("1", "2"):
        assert read_once(bench, PASSWORD, 1, f"0.0.96.10.{number}.255") == 0, "said once"
    codes = read_once(bench, PASSWORD, 7, "0.0.99.98.0.255")
    assert isinstance(codes, tuple)
    events = [[cell.value for cell in row.value] for row in codes]  # type: ignore[union-attr]
    assert [event[3] for event in events if event[1] == 14] == [1]
