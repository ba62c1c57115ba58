"""A client and a server exchange protected APDUs; then an attacker joins in (attacks 1, 4, 5, 7, 8 at this level)."""

from typing import NamedTuple

import green_book
import pytest
from green_book import CLIENT, COUNTER, GET_CLOCK, INITIATE, KEYS, SERVER, keys_for, octets
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ferraris.firmware.dlms.results import DlmsError, ServiceError, StateError
from ferraris.firmware.dlms.security import ciphered, counters, curves, exchange
from ferraris.firmware.dlms.security.counters import NOTHING, CounterError, Link
from ferraris.firmware.dlms.security.envelopes import (
    AgreedKey,
    Content,
    Family,
    GeneralCiphered,
    Header,
    IdentifiedKey,
    KeyCiphered,
    Plain,
    ServiceCiphered,
)
from ferraris.firmware.dlms.security.exchange import Context, Opened, PolicyError, has_envelope, receive, refusal, send
from ferraris.firmware.dlms.security.keying import Peer, Scheme
from ferraris.firmware.dlms.security.suites import SUITES, Control, DecipheringError, Suite
from ferraris.firmware.dlms.security.vault import Kind, MemoryVault, number
from ferraris.firmware.dlms.xdlms import ExceptionResponse

HEAD_END = b"HES00001"
METER = b"FER00001"
REPLY = octets("C40100000C07EA0B1903010000FF800000")
ENTROPY = bytes(range(7, 7 + 64))


class End(NamedTuple):
    """One end: its keys, and what it knows of the other."""

    context: Context
    vault: MemoryVault


def ends(suite: Suite) -> tuple[End, End]:
    """A head end and a meter that share their symmetric keys and know each other's public ones."""
    keys, size = keys_for(suite), SUITES[suite].key_octets
    shared = (
        MemoryVault().put(number(Kind.UNICAST), keys.encryption).put(number(Kind.AUTHENTICATION), keys.authentication)
    )
    shared = shared.put(number(Kind.BROADCAST), bytes(size)).put(number(Kind.DEDICATED), b"d" * size)
    shared = shared.put(number(Kind.MASTER), b"m" * size)
    if suite is Suite.AES_128:
        return (
            End(Context(suite, HEAD_END, METER), shared),
            End(Context(suite, METER, HEAD_END), shared),
        )
    private = [curves.generate(suite, bytes(range(seed, seed + 56))) for seed in range(4)]
    points = [curves.public_of(suite, one) for one in private]
    theirs = shared.put(number(Kind.SIGNING), private[0]).put(number(Kind.AGREEMENT), private[1])
    ours = shared.put(number(Kind.SIGNING), private[2]).put(number(Kind.AGREEMENT), private[3])
    return (
        End(Context(suite, HEAD_END, METER, keys=Peer(points[2], points[3])), theirs),
        End(Context(suite, METER, HEAD_END, keys=Peer(points[0], points[1])), ours),
    )


ENDS = {suite: ends(suite) for suite in Suite}
SUITE = st.sampled_from(Suite)
FAMILIES = st.sampled_from([
    Family.SERVICE_GLOBAL, Family.SERVICE_DEDICATED, Family.GENERAL_GLOBAL, Family.GENERAL_DEDICATED,
    Family.GENERAL_CIPHERING,
])  # fmt: skip
LINK = Link(HEAD_END, number(Kind.UNICAST))


def sent(suite: Suite = Suite.AES_128, family: Family = Family.SERVICE_GLOBAL, counter: int = 5) -> bytes:
    head_end, _ = ENDS[suite]
    return send(head_end.context, head_end.vault, family, counter, GET_CLOCK)


def opened(
    apdu: bytes, suite: Suite = Suite.AES_128, received: counters.Received = NOTHING, **changed: object
) -> Opened:
    _, meter = ENDS[suite]
    return receive(meter.context._replace(**changed), meter.vault, received, apdu)


# ---------------------------------------------------------------- published examples


GREEN_VAULT = (
    MemoryVault().put(number(Kind.UNICAST), KEYS.encryption).put(number(Kind.AUTHENTICATION), KEYS.authentication)
)
SENDER = Context(Suite.AES_128, SERVER, CLIENT)
RECEIVER = Context(Suite.AES_128, CLIENT, SERVER)


def test_the_green_books_apdus_are_sent_and_opened_to_the_octet() -> None:
    clock = green_book.PROTECTED_CLOCK[True, True]
    assert send(SENDER, GREEN_VAULT, Family.SERVICE_GLOBAL, COUNTER, GET_CLOCK) == clock
    assert send(SENDER, GREEN_VAULT, Family.SERVICE_GLOBAL, COUNTER, INITIATE) == green_book.CIPHERED_INITIATE
    assert receive(RECEIVER, GREEN_VAULT, NOTHING, green_book.CIPHERED_INITIATE).apdu == INITIATE
    received = {Link(SERVER, 0): COUNTER + 1}
    assert receive(RECEIVER, GREEN_VAULT, NOTHING, clock) == Opened(GET_CLOCK, Family.SERVICE_GLOBAL, received)


def test_an_association_without_encryption_sends_the_green_books_authenticated_apdu() -> None:
    clock = green_book.PROTECTED_CLOCK[True, False]
    assert send(SENDER._replace(encrypted=False), GREEN_VAULT, Family.SERVICE_GLOBAL, COUNTER, GET_CLOCK) == clock
    assert receive(RECEIVER._replace(encrypted=False), GREEN_VAULT, NOTHING, clock).apdu == GET_CLOCK


# ---------------------------------------------------------------- both ways


@given(SUITE, FAMILIES, st.integers(0, 1 << 30), st.binary(max_size=300))
@settings(max_examples=60)
def test_what_is_sent_is_opened_in_every_family_and_suite(
    suite: Suite, family: Family, counter: int, tail: bytes
) -> None:
    head_end, meter = ENDS[suite]
    found = opened(send(head_end.context, head_end.vault, family, counter, b"\xc0" + tail), suite)
    assert (found.apdu, found.family) == (b"\xc0" + tail, family)
    assert list(found.received.values()) == [counter + 1]
    answer = send(meter.context, meter.vault, family, counter, REPLY, found.header and Header(b"", METER, HEAD_END))
    assert receive(head_end.context, head_end.vault, NOTHING, answer).apdu == REPLY


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("suite", [Suite.P256_AES_128, Suite.P384_AES_256])
def test_every_scheme_of_a_message_key_opens(suite: Suite, scheme: Scheme) -> None:
    head_end, _ = ENDS[suite]
    header = Header(b"\x00\x01", HEAD_END, METER)
    apdu = send(head_end.context, head_end.vault, Family.GENERAL_CIPHERING, 5, GET_CLOCK, header, scheme, ENTROPY)
    found = opened(apdu, suite)
    assert (found.apdu, found.header) == (GET_CLOCK, header)
    key = Kind.UNICAST if scheme is Scheme.IDENTIFIED else Kind.SESSION
    assert found.received == {Link(HEAD_END, number(key)): 6}


@pytest.mark.parametrize("suite", [Suite.P256_AES_128, Suite.P384_AES_256])
def test_a_signature_inside_and_outside_a_cipher_is_checked(suite: Suite) -> None:
    head_end, meter = ENDS[suite]
    header = Header(b"\x01", HEAD_END, METER)
    inside = exchange.sign(head_end.context, head_end.vault, header, GET_CLOCK)
    ciphered_ = send(head_end.context, head_end.vault, Family.GENERAL_GLOBAL, 5, inside)
    outside = exchange.sign(head_end.context, head_end.vault, header, sent(suite))
    for apdu in (ciphered_, outside):
        assert opened(apdu, suite, signed=True).apdu == GET_CLOCK
        with pytest.raises(DlmsError):
            opened(apdu, suite, keys=Peer(), signed=True)
        with pytest.raises(DecipheringError, match="signature"):
            opened(apdu, suite, keys=Peer(meter.context.keys.agreement), signed=True)
    with pytest.raises(PolicyError, match="not signed"):
        opened(sent(suite), suite, signed=True)


# ---------------------------------------------------------------- attack 7: tags and control bits


@given(SUITE, FAMILIES, st.integers(0, 10_000))
@settings(max_examples=150)
def test_any_flipped_bit_of_a_protected_apdu_is_refused(suite: Suite, family: Family, bit: int) -> None:
    apdu = bytearray(sent(suite, family))
    apdu[bit // 8 % len(apdu)] ^= 1 << bit % 8
    with pytest.raises(DlmsError):
        opened(bytes(apdu), suite)


@pytest.mark.parametrize("scheme", [Scheme.WRAPPED, Scheme.ONE_PASS, Scheme.STATIC])
def test_any_flipped_bit_of_a_message_that_brings_its_key_is_refused(scheme: Scheme) -> None:
    suite = Suite.P256_AES_128
    head_end, _ = ENDS[suite]
    header = Header(b"\x01\x02", HEAD_END, METER, b"when", b"what")
    apdu = send(head_end.context, head_end.vault, Family.GENERAL_CIPHERING, 5, GET_CLOCK, header, scheme, ENTROPY)
    for bit in range(8 * len(apdu)):
        changed = bytearray(apdu)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DlmsError):
            opened(bytes(changed), suite)


@given(st.integers(1, 12), FAMILIES)
def test_a_tag_cut_short_with_honest_lengths_is_refused(missing: int, family: Family) -> None:
    envelope = ciphered.decode(sent(family=family))
    assert hasattr(envelope, "content")
    content = envelope.content._replace(body=envelope.content.body[:-missing])
    with pytest.raises(DecipheringError, match="does not fit"):
        opened(ciphered.encode(envelope._replace(content=content)))


def under(control: Control, body: bytes = bytes(40), counter: int = 5) -> bytes:
    return ciphered.encode(ServiceCiphered(Plain.GET_REQUEST, False, Content(control, counter, body)))


@pytest.mark.parametrize(
    ("control", "text"),
    [
        (Control(Suite.AES_128, authenticated=False), "not authenticated"),
        (Control(Suite.AES_128, authenticated=False, encrypted=False), "not authenticated"),
        (Control(Suite.AES_128, encrypted=False), "not encrypted"),
        (Control(Suite.P256_AES_128), "suite 1 where suite 0 is agreed"),
        (Control(Suite.AES_128, broadcast=True), "broadcast key is not taken"),
    ],
)
def test_protection_below_the_policy_is_refused_whatever_the_tag(control: Control, text: str) -> None:
    with pytest.raises(PolicyError, match=text):
        opened(under(control))


def test_a_broadcast_apdu_is_taken_only_where_it_is_allowed() -> None:
    head_end, _ = ENDS[Suite.AES_128]
    control = Control(Suite.AES_128, broadcast=True)
    keys = number(Kind.BROADCAST), number(Kind.AUTHENTICATION)
    body = head_end.vault.protect(*keys, control, HEAD_END, 5, GET_CLOCK, b"")
    assert opened(under(control, body), broadcast=True).received == {Link(HEAD_END, number(Kind.BROADCAST)): 6}
    with pytest.raises(PolicyError):
        opened(under(control, body))


def test_a_plain_apdu_is_not_taken_for_a_protected_one() -> None:
    with pytest.raises(DlmsError, match="tag C0 is no protected APDU"):
        opened(GET_CLOCK)


def test_a_signed_plain_apdu_is_refused_because_it_could_be_replayed() -> None:
    suite = Suite.P256_AES_128
    head_end, _ = ENDS[suite]
    signed = exchange.sign(head_end.context, head_end.vault, Header(b"", HEAD_END, METER), GET_CLOCK)
    with pytest.raises(DlmsError, match="tag C0 is no protected APDU"):
        opened(signed, suite)


@pytest.mark.parametrize("service", [Plain.SET_REQUEST, Plain.ACTION_REQUEST])
def test_the_envelope_of_one_service_does_not_carry_another(service: Plain) -> None:
    apdu = sent()
    moved = bytes((apdu[0] - Plain.GET_REQUEST + service,)) + apdu[1:]
    with pytest.raises(DlmsError, match="tag C0 inside an envelope"):
        opened(moved)


# ---------------------------------------------------------------- attack 8: titles


def test_a_spoofed_title_is_refused() -> None:
    content = ciphered.decode(sent(family=Family.GENERAL_GLOBAL))
    assert isinstance(content, GeneralCiphered)
    with pytest.raises(PolicyError, match="is not the one"):
        opened(ciphered.encode(content._replace(title=b"EVL00001")))


def test_our_own_apdu_sent_back_is_refused() -> None:
    _, meter = ENDS[Suite.AES_128]
    for family in (Family.SERVICE_GLOBAL, Family.GENERAL_GLOBAL):
        ours = send(meter.context, meter.vault, family, 5, REPLY)
        with pytest.raises((PolicyError, DecipheringError)):
            opened(ours)
        with pytest.raises(PolicyError, match="is not the one"):
            opened(ours, peer=METER)


def test_a_message_for_somebody_else_is_refused() -> None:
    head_end, _ = ENDS[Suite.AES_128]
    header = Header(b"", HEAD_END, b"FER00002")
    apdu = send(head_end.context, head_end.vault, Family.GENERAL_CIPHERING, 5, GET_CLOCK, header)
    with pytest.raises(PolicyError, match="is somebody else"):
        opened(apdu)


# ---------------------------------------------------------------- attack 4: counters


@pytest.mark.parametrize("family", [Family.SERVICE_GLOBAL, Family.GENERAL_GLOBAL, Family.GENERAL_CIPHERING])
def test_a_replay_is_refused_in_whatever_envelope_it_came(family: Family) -> None:
    received = opened(sent()).received
    with pytest.raises(CounterError) as caught:
        opened(sent(family=family), received=received)
    assert caught.value.expected == 6
    assert opened(sent(family=family, counter=6), received=received).received == {LINK: 7}


@given(st.integers(0, 0xFFFFFFFF), st.binary(min_size=12, max_size=60))
def test_who_has_no_key_moves_no_counter(counter: int, body: bytes) -> None:
    with pytest.raises((DecipheringError, CounterError)):
        opened(under(Control(Suite.AES_128), body, counter))


def test_the_dedicated_key_counts_by_itself() -> None:
    received = opened(sent(counter=100)).received
    found = opened(sent(family=Family.SERVICE_DEDICATED, counter=0), received=received)
    assert found.received == {LINK: 101, Link(HEAD_END, number(Kind.DEDICATED)): 1}


def test_no_key_is_touched_before_the_counter_is_judged() -> None:
    class Untouchable:
        def __getattr__(self, name: str) -> object:
            pytest.fail(f"the vault was asked for {name}")

    _, meter = ENDS[Suite.P256_AES_128]
    head_end, _ = ENDS[Suite.P256_AES_128]
    for scheme in Scheme:
        header = Header(b"\x01", HEAD_END, METER)
        apdu = send(head_end.context, head_end.vault, Family.GENERAL_CIPHERING, 5, GET_CLOCK, header, scheme, ENTROPY)
        key = number(Kind.UNICAST if scheme is Scheme.IDENTIFIED else Kind.SESSION)
        with pytest.raises(CounterError):
            receive(meter.context, Untouchable(), {Link(HEAD_END, key): 6}, apdu)  # type: ignore[arg-type]


# ---------------------------------------------------------------- attack 5: our own nonce after a crash


class Nonces(RuleBasedStateMachine):
    """A meter that replies and is cut off at any moment: no two replies ever have the same nonce."""

    def __init__(self) -> None:
        super().__init__()
        self.mark = 0
        self.own = counters.Own()
        self.seen: dict[int, bytes] = {}

    @rule(block=st.integers(1, 3), committed=st.booleans())
    def reserve(self, block: int, committed: bool) -> None:
        mark = counters.reserve(self.own, block)
        self.mark = mark if committed else self.mark
        self.own = counters.reserved(self.own, mark) if committed else counters.resume(self.mark)

    @rule()
    def cut(self) -> None:
        self.own = counters.resume(self.mark)

    @rule(text=st.binary(min_size=1, max_size=8))
    def reply(self, text: bytes) -> None:
        if not counters.left(self.own):
            return
        counter, self.own = counters.draw(self.own)
        _, meter = ENDS[Suite.AES_128]
        apdu = send(meter.context, meter.vault, Family.SERVICE_GLOBAL, counter, b"\xc4" + text)
        envelope = ciphered.decode(apdu)
        assert isinstance(envelope, ServiceCiphered)
        assert envelope.content.counter not in self.seen
        self.seen[envelope.content.counter] = apdu

    @invariant()
    def everything_used_is_below_the_mark(self) -> None:
        assert all(counter < self.mark for counter in self.seen)


TestNonces = Nonces.TestCase


# ---------------------------------------------------------------- refusals, hostile octets


@pytest.mark.parametrize(
    ("error", "response"),
    [
        (CounterError("", 7), (StateError.SERVICE_NOT_ALLOWED, ServiceError.INVOCATION_COUNTER_ERROR, 7)),
        (DecipheringError(), (StateError.SERVICE_NOT_ALLOWED, ServiceError.DECIPHERING_ERROR, None)),
        (PolicyError(), (StateError.SERVICE_NOT_ALLOWED, ServiceError.OPERATION_NOT_POSSIBLE, None)),
        (DlmsError(), (StateError.SERVICE_NOT_ALLOWED, ServiceError.OTHER_REASON, None)),
    ],
)
def test_each_error_has_its_exception_response(
    error: DlmsError, response: tuple[StateError, ServiceError, int | None]
) -> None:
    assert refusal(error) == ExceptionResponse(*response)


def test_an_exception_response_has_no_envelope_of_its_own() -> None:
    _, meter = ENDS[Suite.AES_128]
    exception = octets("D80101")
    assert not has_envelope(Family.SERVICE_GLOBAL, exception)
    assert has_envelope(Family.GENERAL_GLOBAL, exception)
    with pytest.raises(DlmsError, match="tag D8 has no glo- form"):
        send(meter.context, meter.vault, Family.SERVICE_GLOBAL, 1, exception)


@given(
    SUITE,
    st.binary(max_size=120)
    | st.builds(lambda tag, rest: bytes((tag,)) + rest, st.sampled_from([0xC8, 0xDB, 0xDD, 0xDF]), st.binary()),
)
@settings(max_examples=200)
def test_hostile_octets_raise_only_our_error(suite: Suite, apdu: bytes) -> None:
    with pytest.raises(DlmsError):
        opened(apdu, suite, broadcast=True)


@given(st.sampled_from([Suite.P256_AES_128, Suite.P384_AES_256]), st.sampled_from(Scheme), st.data())
@settings(max_examples=100)
def test_a_mangled_message_raises_only_our_error(suite: Suite, scheme: Scheme, data: st.DataObject) -> None:
    head_end, _ = ENDS[suite]
    header = Header(b"\x01", HEAD_END, METER)
    good = send(head_end.context, head_end.vault, Family.GENERAL_CIPHERING, 5, GET_CLOCK, header, scheme, ENTROPY)
    at, size = data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(0, 5))
    mangled = good[:at] + data.draw(st.binary(max_size=5)) + good[at + size :]
    if mangled != good:
        with pytest.raises(DlmsError):
            opened(mangled, suite)


# ---------------------------------------------------------------- what is well protected and still refused


def test_a_dedicated_key_is_never_a_broadcast_key() -> None:
    content = Content(Control(Suite.AES_128, broadcast=True), 5, bytes(40))
    for envelope in (ServiceCiphered(Plain.GET_REQUEST, True, content), GeneralCiphered(HEAD_END, True, content)):
        with pytest.raises(PolicyError, match="not a broadcast key"):
            opened(ciphered.encode(envelope), broadcast=True)


@pytest.mark.parametrize(("identified", "broadcast"), [(0, True), (1, False)])
def test_control_octet_and_key_information_must_name_the_same_key(identified: int, broadcast: bool) -> None:
    content = Content(Control(Suite.AES_128, broadcast=broadcast), 5, bytes(40))
    envelope = KeyCiphered(Header(b"", HEAD_END, METER), IdentifiedKey(identified), content)
    with pytest.raises(PolicyError, match="names another key"):
        opened(ciphered.encode(envelope), broadcast=True)


@pytest.mark.parametrize("inner", [Family.SERVICE_GLOBAL, Family.GENERAL_GLOBAL])
def test_a_protected_apdu_inside_a_protected_one_is_refused(inner: Family) -> None:
    head_end, _ = ENDS[Suite.AES_128]
    apdu = send(head_end.context, head_end.vault, Family.GENERAL_GLOBAL, 6, sent(family=inner))
    with pytest.raises(PolicyError, match="inside a protected APDU"):
        opened(apdu)


def test_a_signed_apdu_inside_a_signed_one_is_refused() -> None:
    suite = Suite.P256_AES_128
    head_end, _ = ENDS[suite]
    header = Header(b"", HEAD_END, METER)
    once = exchange.sign(head_end.context, head_end.vault, header, sent(suite))
    with pytest.raises(PolicyError, match="inside a signed APDU"):
        opened(exchange.sign(head_end.context, head_end.vault, header, once), suite)


@pytest.mark.parametrize("header", [Header(b"", b"HES00009", METER), Header(b"", HEAD_END, b"FER00002")])
def test_a_signature_of_or_for_somebody_else_is_refused(header: Header) -> None:
    suite = Suite.P256_AES_128
    head_end, _ = ENDS[suite]
    with pytest.raises(PolicyError, match=r"is not the one|is somebody else"):
        opened(exchange.sign(head_end.context, head_end.vault, header, sent(suite)), suite)


def test_the_static_scheme_takes_a_transaction_and_no_key_data() -> None:
    suite = Suite.P256_AES_128
    head_end, _ = ENDS[suite]
    with pytest.raises(DlmsError, match="needs a transaction identifier"):
        send(
            head_end.context, head_end.vault, Family.GENERAL_CIPHERING, 5, GET_CLOCK,
            Header(b"", HEAD_END, METER), Scheme.STATIC,
        )  # fmt: skip
    content = Content(Control(suite), 5, bytes(40))
    envelope = KeyCiphered(Header(b"\x01", HEAD_END, METER), AgreedKey(b"\x02", b"?"), content)
    with pytest.raises(DlmsError, match="carries no key data"):
        opened(ciphered.encode(envelope), suite)
    with pytest.raises(DlmsError, match="needs a transaction identifier"):
        opened(
            ciphered.encode(envelope._replace(header=Header(b"", HEAD_END, METER), key=AgreedKey(b"\x02", b""))), suite
        )
