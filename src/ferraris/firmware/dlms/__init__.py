"""How the meter speaks: the DLMS/COSEM codec and server, sans-IO (docs/dlms.md)."""
