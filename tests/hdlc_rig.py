"""HDLC in tests: published traces, a naive check sequence, and a server that answers with what it was asked."""

from ferraris.firmware.dlms.hdlc.addresses import Address

KMETHY_SNRM = bytes.fromhex("7EA00A00020023219318717E")
KMETHY_UA = bytes.fromhex("7EA023210002002373F6C58180140502008006020080070400000001080400000001CE6A7E")
KMETHY_AARQ = bytes.fromhex(
    "7EA02E0002002321107ECBE6E600601DA109060760857405080101BE10040E01000000065F1F040000301DFFFFD4C57E"
)
"""G. Kmethy, "Examples for DLMS/COSEM information exchange" (2002): addresses of four octets."""

U9N_UA = bytes.fromhex("7EA0230300022C29732813818014050200F2060200F20704000000010804000000010CF77E")
"""A meter's UA, from issue 95 of u9n/dlms-cosem."""
U9N_SNRM = bytes.fromhex("7EA020204127930C0C81801305018006020200070400000001080400000001B4F97E")
"""Gurux's SNRM to a server address of two octets, from issue 62 of u9n/dlms-cosem."""

HPL_AARE = bytes.fromhex(
    "7EA04A410330EBA8E6E700613CA109060760857405080103A203020100A305A103020100A40A040848504C000010F447"
    "BE17041528132000000000830705F03594EEE1A96C27CCA051765F7E"
)
"""A meter's AARE to client 32, from a thread on gurux.fi ("Decoding of AARQ packet byte by byte")."""

ISKRA_PUSH = bytes.fromhex(
    "7EA8A4CF0223039996E6E7000F0004022C0C07E50B020215330000FFC4000210020209060000600100FF090837383334343533370202"
    "09060000600101FF0906313331333034020309060101010700FF060000000002020F00161B020309060101020700FF06000000000202"
    "0F00161B020309060101010800FF060000E3A402020F00161E020309060101020800FF0600000BDE02020F00161E0203090601002007"
    "0002C87E7EA8A4CF0223039996FF12092002020FFF1623020309060100340700FF12000002020FFF1623020309060100480700FF1200"
    "0002020FFF16230203090601001F0700FF12000002020FFE1621020309060100330700FF12000002020FFE1621020309060100470700"
    "FF12000002020FFE1621020309060101010801FF060000848102020F00161E020309060101010802FF0600005F2302020F00161E0203"
    "0906010102E7517E7EA02DCF022313717C0801FF060000000002020F00161E020309060101020802FF0600000BDE02020F00161EE3F6"
    "7E"
)
"""Three UI frames with one unencrypted push of an Iskra AM550, from issue 8790 of arendst/Tasmota."""

CLIENT = Address(16)
SERVERS = {1: Address(1), 2: Address(1, 17, 2), 4: Address(1, 17, 4)}
"""The same logical device, in addresses of each size."""


def naive_check_sequence(octets: bytes) -> bytes:
    """CRC-16/X-25 bit by bit, as a shift register: the last resort of slowness and clarity."""
    register = 0xFFFF
    for octet in octets:
        for place in range(8):
            carry = (register ^ octet >> place) & 1
            register = register >> 1 ^ (0x8408 if carry else 0)
    return (register ^ 0xFFFF).to_bytes(2, "little")


class Echo:
    """An upper layer that answers each APDU with itself, reversed, and remembers all it was told."""

    def __init__(self) -> None:
        self.served: list[bytes] = []
        self.ended: list[tuple[int, int]] = []

    def serve(self, client: int, server: int, apdu: bytes | None) -> bytes:
        if apdu is None:
            self.ended.append((client, server))
            return b""
        self.served.append(apdu)
        return apdu[::-1]
