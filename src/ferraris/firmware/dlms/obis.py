"""OBIS codes: the six-octet logical names of COSEM objects (IEC 62056-6-1), written "1.0.1.8.0.255"."""


def obis(text: str) -> bytes:
    """Read "A.B.C.D.E.F" as six octets. Raises `ValueError` when it is not six numbers of 0 to 255."""
    groups = text.split(".")
    if len(groups) != 6:
        raise ValueError(f"{text!r}: an OBIS code has six groups, as in 1.0.1.8.0.255")
    return bytes(int(group) for group in groups)


def written(logical_name: bytes) -> str:
    """Write six octets as "A.B.C.D.E.F"."""
    return ".".join(str(octet) for octet in logical_name)
