"""How messages are protected: suites, ciphering, counters, keys, signatures, certificates (docs/security.md).

Sans-IO like the rest of the room. `cryptography` is imported inside the functions that use it, so that a command which
ciphers nothing never waits for it.
"""
