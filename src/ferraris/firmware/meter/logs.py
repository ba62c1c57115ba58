"""The profiles of this meter: two load profiles, the billing history, the event log and the power-fail log."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from ferraris.firmware.billing import profile as rows
from ferraris.firmware.billing.demand import QUANTITIES
from ferraris.firmware.dlms.axdr import Tag
from ferraris.firmware.dlms.cosem.classes import ClassId, Column
from ferraris.firmware.meter import captures, demands, events, history
from ferraris.firmware.meter.config import Config, RingId
from ferraris.firmware.meter.profiles import STAMP, Field, Profile, Row

STATUS = ((0, 0, 96, 10, 1, 255), (0, 0, 96, 10, 2, 255))
"""Profile status of each load profile: captured in every row, and an object that shows what the next row would say."""
EVENT_CODE = (0, 0, 96, 11, 0, 255)
EVENT_OLD, EVENT_NEW, EVENT_CLIENT = ((0, 128, 96, 11, number, 255) for number in (1, 2, 3))
"""Ours: what an event says beside its code."""
OUTAGE_DURATION = (0, 0, 96, 7, 19, 255)
OUTAGE_START = (0, 128, 96, 7, 19, 255)
"""Ours: when the outage began; the row's own stamp is its end."""
RECORD_STATUS = (0, 128, 96, 10, 0, 255)
"""Ours: status of the moment at which a record of a log was made."""
CLOSES = (0, 0, 0, 1, 0, 255)
CLOSE_REASON = (0, 128, 0, 1, 1, 255)
"""Ours: what closed the billing period: 1 schedule, 2 command, 3 button."""


def data(name: tuple[int, ...], tag: Tag) -> Field:
    """A column that captures the value of an object of class Data."""
    return Field(Column(ClassId.DATA, bytes(name), 2), tag)


@lru_cache(maxsize=256)
def all_profiles(config: Config) -> dict[RingId, Profile]:
    """Every profile, by its ring."""
    found = (*(_load(config, number) for number in (0, 1)), _billing(config), _events(config), _outages(config))
    return {each.ring: each for each in found}


def _load(config: Config, number: int) -> Profile:
    codes = config.profiles[number].captures
    sources = [captures.source(config, code) for code in codes]
    fields = (
        Field(Column(source.class_id, bytes((1, 0, *_object(code), 255)), source.attribute), source.tag, source.show)
        for code, source in zip(codes, sources, strict=True)
    )

    def decode(payload: bytes) -> Row:
        row = rows.decode_row(payload, len(codes))
        return Row((row.stamp_s * 1000, row.status, *row.values), row.status)

    return Profile(
        name=(1, 0, 99, 1 + number, 0, 255),
        ring=(RingId.PROFILE_1, RingId.PROFILE_2)[number],
        rows=config.profiles[number].rows,
        period_s=config.plan.profile_s[number],
        fields=(STAMP, data(STATUS[number], Tag.UNSIGNED), *fields),
        decode=decode,
    )


def _object(code: captures.Code) -> captures.Code:
    """The object that a captured code belongs to: the last average is an attribute of the demand register."""
    group_c, group_d, group_e = code
    return (group_c, 4, group_e) if group_d == 5 else code


def _billing(config: Config) -> Profile:
    rates = config.plan.shape.rates

    def decode(payload: bytes) -> Row:
        row = history.decode_row(payload, rates)
        maxima = chain.from_iterable((each.quanta, each.ended_s * 1000) for each in chain(*row.maxima))
        head = row.stamp_s * 1000, row.status, row.reason, row.closes
        return Row((*head, *chain(*row.energies), *maxima, *chain(*row.cumulative)), row.status)

    head = (
        STAMP,
        data(RECORD_STATUS, Tag.UNSIGNED),
        data(CLOSE_REASON, Tag.UNSIGNED),
        data(CLOSES, Tag.DOUBLE_LONG_UNSIGNED),
    )
    return Profile(
        name=(0, 0, 98, 1, 0, 255),
        ring=RingId.BILLING,
        rows=config.history_rows,
        period_s=0,
        fields=(*head, *_billed(config)),
        decode=decode,
    )


def _billed(config: Config) -> Iterator[Field]:
    """Energies, then maxima with their times, then cumulative demand: each quantity over all and for every rate."""
    energy, demand = captures.energy_cell(config), demands.cell(config)
    places = [(code + 1, rate) for code in range(len(QUANTITIES)) for rate in range(config.plan.shape.rates + 1)]
    for code, rate in places:
        name = bytes((1, 0, code, 8, rate, 255))
        yield Field(Column(ClassId.REGISTER, name, 2), *energy)
    for code, rate in places:
        name = bytes((1, 0, code, 6, rate, 255))
        yield Field(Column(ClassId.EXTENDED_REGISTER, name, 2), *demand)
        yield Field(Column(ClassId.EXTENDED_REGISTER, name, 5))
    for code, rate in places:
        name = bytes((1, 0, code, 2, rate, 255))
        yield Field(Column(ClassId.REGISTER, name, 2), *demand)


def _events(config: Config) -> Profile:
    def decode(payload: bytes) -> Row:
        row = events.decode_event(payload)
        return Row((row.stamp_ms, row.code, row.old, row.new, row.client, row.status), row.status)

    fields = (
        STAMP,
        data(EVENT_CODE, Tag.UNSIGNED),
        data(EVENT_OLD, Tag.LONG64),
        data(EVENT_NEW, Tag.LONG64),
        data(EVENT_CLIENT, Tag.UNSIGNED),
        data(RECORD_STATUS, Tag.UNSIGNED),
    )
    return Profile((0, 0, 99, 98, 0, 255), RingId.EVENTS, config.event_rows, 0, fields, decode)


def _outages(config: Config) -> Profile:
    def decode(payload: bytes) -> Row:
        row = events.decode_outage(payload)
        return Row((row.end_s * 1000, row.start_s * 1000, row.duration_s, row.status), row.status)

    fields = (
        STAMP,
        Field(Column(ClassId.DATA, bytes(OUTAGE_START), 2)),
        data(OUTAGE_DURATION, Tag.DOUBLE_LONG),
        data(RECORD_STATUS, Tag.UNSIGNED),
    )
    return Profile((1, 0, 99, 97, 0, 255), RingId.OUTAGES, config.outage_rows, 0, fields, decode)
