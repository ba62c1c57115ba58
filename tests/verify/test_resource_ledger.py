"""The resource ledger against hand counts and against the journal itself, written until it wears."""

from collections import Counter

import pytest
from verify_helpers import altered, shipped

from ferraris.firmware.meter.config import RecordKind
from ferraris.firmware.store import Erase, Journal, Program, append
from ferraris.firmware.store.codec import extent_of
from ferraris.hardware.physics.nvm import NvmPart
from ferraris.hardware.platform.models import Absent, Platform
from ferraris.verify import ledger
from ferraris.verify.records import delta, snapshot_bytes
from memory_rig import perform

RINGS = ["load profile 1", "load profile 2", "billing history", "event log", "power-fail log"]


def standing_records(home: Platform) -> list[tuple[int, bytes]]:
    """What every bank of the journal holds beside the ledger."""
    identity = home.meter.manufacturer + home.meter.serial
    return [(RecordKind.CALIBRATION, bytes(ledger.constants_bytes(home))), (RecordKind.OWNER, identity.encode())]


def snapshot_payload(home: Platform) -> int:
    """Length of the payload of a snapshot: the longest whose record takes what the ledger of resources says."""
    return next(size for size in range(4096, 0, -1) if extent_of(size) == snapshot_bytes(home))


@pytest.mark.parametrize(
    ("name", "count"), [("home-1p", (1, 1, 1)), ("shop-3p", (3, 3, 0)), ("feeder-3p-ct", (3, 3, 0))]
)
def test_channels_follow_the_service_and_the_neutral_sensor(name: str, count: tuple[int, int, int]) -> None:
    assert ledger.channels(shipped(name)) == count


def test_metrology_s_arithmetic_counted_by_hand() -> None:
    """Per channel 13 taps, a square, two correlations, two sums; one product per element; 8 in common."""
    assert ledger.macs_per_sample(shipped("home-1p")) == 3 * (13 + 1 + 2 + 2) + 1 + 8
    assert ledger.macs_per_sample(shipped("shop-3p")) == 6 * 18 + 3 + 8
    bare = altered(shipped("home-1p"), current__neutral=Absent(kind="none", because="not needed here"))
    assert ledger.macs_per_sample(bare) == 2 * 18 + 1 + 8


def test_processor_share_is_operations_over_clock() -> None:
    home = altered(shipped("home-1p"), soc__cpu_hz=63e6, soc__cycles_per_mac=25.0)
    assert ledger.metrology_cpu_share(home) == pytest.approx(63 * 8000 * 25 / 63e6)  # 0.2


def test_storage_holds_the_days_promised() -> None:
    """40 days at 15 min are 3840 rows; twice the days need twice the ring and nothing more."""
    home = altered(shipped("home-1p"), firmware__profile_days=40, firmware__profile_period_s=900)
    home = altered(home, nvm__page_bytes=256, nvm__size_bytes=1 << 20)
    twice = altered(home, firmware__profile_days=80)
    ring = ledger.storage_layout(home).rings[RINGS.index("load profile 1")]
    assert ring.rows >= 3840
    rows_per_page = 256 // ring.extent
    assert ledger.storage_bytes(twice) - ledger.storage_bytes(home) == -(-3840 // rows_per_page) * 256


def test_what_a_day_appends_to_the_journal() -> None:
    """A commit a minute; a snapshot for each quarter of an hour and one for the daily row."""
    home = altered(shipped("home-1p"), firmware__commit_s=60, firmware__profile_period_s=900)
    wanted = 1440 * extent_of(len(delta(home))) + (96 + 1) * snapshot_bytes(home)
    assert ledger.journal_bytes_per_day(home) == wanted


@pytest.mark.parametrize("erase", [0, 4096])
def test_journal_wear_is_what_the_journal_does_to_its_busiest_cell(erase: int) -> None:
    """Write thousands of records and count the programs (or erasures) of every cell."""
    size, page, days = 1 << 17, 256, 4
    home = altered(shipped("home-1p"), nvm__size_bytes=size, nvm__page_bytes=page, nvm__erase_bytes=erase)
    home = altered(home, firmware__commit_s=60, firmware__profile_period_s=86400, firmware__profile_days=1)
    layout, cells = ledger.storage_layout(home), Counter[int]()
    journal = Journal()
    for kind, payload in standing_records(home):
        journal, _ = append(layout, journal, kind, payload)
    small, whole = delta(home), bytes(snapshot_payload(home))
    day = [*[(RecordKind.DELTA, small)] * 720, (RecordKind.LEDGER, whole)] * 2
    for kind, payload in day * days:
        journal, operations = append(layout, journal, kind, payload)
        for operation in operations:
            match operation:
                case Program() if not erase:
                    cells.update(range(operation.address, operation.address + len(operation.data)))
                case Erase():
                    cells.update(range(operation.address, operation.address + operation.size, erase))
    years = days * ledger.SECONDS_PER_DAY / ledger.SECONDS_PER_YEAR
    busiest = max(cells.values())
    assert busiest > 10
    # One bank more or less is under way when counting stops, and each bank begins with the latest ledger and delta.
    assert ledger.wear(home, years)["journal"] == pytest.approx(busiest, rel=0.05, abs=2.5)


@pytest.mark.parametrize(("technology", "erase"), [("fram", 0), ("eeprom", 0), ("nor", 4096)])
def test_the_cost_of_a_commit_is_what_the_part_counts(technology: str, erase: int) -> None:
    """Each commit on the modelled part costs no more than said, in time; in energy exactly as much."""
    home = altered(shipped("home-1p"), nvm__technology=technology, nvm__erase_bytes=erase)
    home = altered(home, nvm__write_s=5e-3, nvm__erase_s=0.1, nvm__erase_j=1e-9)
    layout, part = ledger.storage_layout(home), NvmPart(home.nvm)
    cost, more = ledger.commit_cost(home), ledger.compaction_cost(home)
    journal = Journal()
    compactions, slowest = 0, 0.0
    records = [*standing_records(home), (RecordKind.LEDGER, bytes(snapshot_payload(home)))]
    fills = 3 * layout.bank // extent_of(len(delta(home)))
    for kind, payload in [*records, *[(RecordKind.DELTA, delta(home))] * fills]:
        time_s, energy_j, generation = part.time_s, part.energy_j, journal.generation
        journal, operations = append(layout, journal, kind, payload)
        perform(part, operations)
        if kind == RecordKind.DELTA and journal.generation == generation:
            assert part.energy_j - energy_j == pytest.approx(cost.joules, rel=1e-9)
            assert part.time_s - time_s <= cost.seconds * (1 + 1e-9)
            slowest = max(slowest, part.time_s - time_s)
        elif kind == RecordKind.DELTA:
            compactions += 1
            assert part.energy_j - energy_j == pytest.approx(cost.joules + more.joules, rel=1e-9)
    assert compactions > 1
    assert slowest == pytest.approx(cost.seconds, rel=1e-9)


def test_wear_life_is_endurance_over_cycles_a_year() -> None:
    home = altered(shipped("home-1p"), nvm__endurance_cycles=1e6)
    lives, cycles = ledger.wear_life_years(home), ledger.wear(home, 20.0)
    assert lives.keys() == cycles.keys() == {"journal", *RINGS}
    for region, years in lives.items():
        assert years * cycles[region] / 20 == pytest.approx(1e6)
    # 96 rows a day, each slot written and blanked once in a round of 3841 slots
    assert cycles["load profile 1"] == pytest.approx(20 * 365.25 * 96 * 2 / 3841)


def test_the_table_lists_who_takes_what(monkeypatch: pytest.MonkeyPatch) -> None:
    home = shipped("home-1p")
    assert ledger.uses(home, "uart") == (ledger.Use("uart", 1, "protocol"), ledger.Use("uart", 1, "communication"))
    assert ledger.total(home, "gpio") == 4 + 3 + 3 + 2
    assert ledger.total(home, "ram") == (5 + 3 + 2 + 8 + 1 + 0.5 + 4) * 1024
    assert ledger.users(home, "channels") == "voltage 1, line current 1, neutral 1"
    assert ledger.users(home, "rail 3.3 V, A") == "nobody"
    modem = (*ledger.CONTRIBUTORS, lambda _: iter([ledger.Use("rail 3.3 V, A", 0.5, "modem")]))
    monkeypatch.setattr(ledger, "CONTRIBUTORS", modem)
    assert ledger.total(home, "rail 3.3 V, A") == 0.5
