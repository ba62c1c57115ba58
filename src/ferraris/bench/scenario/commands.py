"""Orders of a scenario as services over the wire: SET and ACTION with a password, without one, or with a wrong one.

Objects, attributes and methods: IEC 62056-6-2 (recalled, unverified).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias, assert_never

from ferraris.bench.bench import Bench
from ferraris.bench.peer import Credentials, Peer, Reply, SilentError
from ferraris.bench.scenario.models import (
    KNOWN,
    CloseBilling,
    Command,
    Invoke,
    LoadTariff,
    ResetDemand,
    SetClock,
    Write,
)
from ferraris.bench.scenario.reading import CLOCK, name_of
from ferraris.bench.scenario.tariffs import CALENDAR, writes
from ferraris.bench.scenario.zone import Zone, deviation, is_daylight, written
from ferraris.firmware.dlms import axdr, datetimes
from ferraris.firmware.dlms.client import RefusedError
from ferraris.firmware.dlms.cosem.classes import ClassId
from ferraris.firmware.dlms.datetimes import ClockStatus
from ferraris.firmware.dlms.obis import obis
from ferraris.firmware.dlms.results import DlmsError
from ferraris.hardware.platform.models import Platform

READING_CLIENT, MANAGING_CLIENT = 2, 1
"""wPorts of the clients with a password."""
SCRIPT_TABLE, ACTIVITY_CALENDAR = 9, 20
"""Interface classes."""
BILLING_SCRIPTS = obis("0.0.10.0.1.255")
"""Scripts of the meter's maximum reset, which closes the billing period; script 1."""
ACTIVATION_TIME = 10
"""Attribute of the activity calendar: when the passive one becomes active."""


class Done(NamedTuple):
    """What came of an order: whether the meter took it, and what it said."""

    is_success: bool
    text: str


class Times(NamedTuple):
    """What a time in an order means: its text to ms of UTC, the true time now, and the zone."""

    instant_ms: Callable[[str], int]
    now_ms: int
    zone: Zone


Files: TypeAlias = Mapping[str, str]
"""Names and texts of the files that orders name."""


def carry_out(bench: Bench, knocking: Credentials, command: Command, times: Times, files: Files) -> Done:
    """Send one order; whatever comes of it is an answer, so nothing is raised."""
    try:
        with Peer(bench, knocking) as peer:
            reply = _send(peer, command, times, files)
    except SilentError as silence:
        return Done(False, str(silence))
    except (RefusedError, DlmsError) as refusal:
        return Done(False, f"refused, {refusal}")
    return Done(reply.is_success, reply.text if reply.is_success else f"refused, {reply.text}")


def who_may_try(platform: Platform) -> tuple[str, ...]:
    """Whom an order may name: those of `KNOWN`, then the platform's sources of time."""
    return (*KNOWN, *(source.name for source in platform.firmware.time_sources if source.name not in KNOWN))


def credentials(platform: Platform, who: str) -> Credentials:
    """Client and password of a head end, of one with a wrong password, of nobody, or of a source of time.

    A platform that names no manager lets nobody command; there the reading client tries.
    """
    assert who in who_may_try(platform), "a plan has no others"
    if who not in KNOWN:
        source = next(each for each in platform.firmware.time_sources if each.name == who)
        return Credentials(source.client, source.password.encode("ascii"))
    if who == "nobody":
        return Credentials()
    reader, manager = platform.firmware.lls_password, platform.firmware.management_password
    client, password = (READING_CLIENT, reader) if manager is None else (MANAGING_CLIENT, manager)
    return Credentials(client, (password[::-1] + "?" if who == "stranger" else password).encode("ascii"))


def reading_credentials(platform: Platform) -> Credentials:
    """Client and password of whoever reads."""
    return Credentials(READING_CLIENT, platform.firmware.lls_password.encode("ascii"))


def _send(peer: Peer, command: Command, times: Times, files: Files) -> Reply:
    match command:
        case SetClock():
            return _set_clock(peer, command, times)
        case ResetDemand() | CloseBilling():
            return peer.act(SCRIPT_TABLE, BILLING_SCRIPTS, 1, axdr.long_unsigned(1))
        case LoadTariff():
            return _load_tariff(peer, command, times, files)
        case Write():
            return peer.set(command.class_id, name_of(command.object), command.attribute, bytes.fromhex(command.data))
        case Invoke():
            return peer.act(command.class_id, name_of(command.object), command.method, bytes.fromhex(command.data))
        case _:
            assert_never(command)


def _set_clock(peer: Peer, command: SetClock, times: Times) -> Reply:
    utc_ms = times.now_ms if command.to is None else times.instant_ms(command.to)
    if command.by is not None:
        shown = peer.get(ClassId.CLOCK, CLOCK, 2).value
        assert isinstance(shown, bytes), "a clock shows a date-time"
        utc_ms = datetimes.utc_ms(datetimes.unpack(shown)) + round(1000 * command.by)
    return peer.set(ClassId.CLOCK, CLOCK, 2, axdr.octet_string(date_time(times.zone, utc_ms)))


def _load_tariff(peer: Peer, command: LoadTariff, times: Times, files: Files) -> Reply:
    for each in writes(files[command.file], command.file):
        reply = peer.set(*each)
        if not reply.is_success:
            return reply
    activate = axdr.octet_string(date_time(times.zone, times.instant_ms(command.activate)))
    return peer.set(ACTIVITY_CALENDAR, CALENDAR, ACTIVATION_TIME, activate)


def date_time(zone: Zone, utc_ms: int) -> bytes:
    """An instant as the twelve octets of a date-time in local time, with deviation and the mark of summer time."""
    utc_s = utc_ms // 1000
    status = ClockStatus.DAYLIGHT_SAVING_ACTIVE if is_daylight(zone, utc_s) else ClockStatus(0)
    return datetimes.pack(datetimes.local(utc_ms, deviation(zone, utc_s), status))


def told(command: Command, times: Times) -> str:
    """The order in words, for the transcript."""
    match command:
        case SetClock():
            if command.by is not None:
                return f"set clock by {command.by:+g} s"
            utc_ms = times.now_ms if command.to is None else times.instant_ms(command.to)
            return f"set clock to {written(times.zone, utc_ms)}"
        case LoadTariff():
            return f"load tariff {command.file}, active from {written(times.zone, times.instant_ms(command.activate))}"
        case ResetDemand() | CloseBilling():
            return command.do
        case Write():
            return f"write {command.object} attribute {command.attribute}"
        case Invoke():
            return f"invoke {command.object} method {command.method}"
        case _:
            assert_never(command)
