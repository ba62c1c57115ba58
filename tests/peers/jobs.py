"""What the ciphering programs in this folder share: jobs come as JSON on stdin, answers go as JSON to stdout.

A job is an object: "do" names what, the rest are its arguments. Octets are hexadecimal; numbers, names and texts are as
they are. An answer is {"octets": hexadecimal} or {"error": text}, one for each job, in order. This file is ours and
loads no foreign package.
"""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

Job = Mapping[str, Any]


def answers(work: Mapping[str, Callable[[Job], bytes]]) -> None:
    """Do every job and print the answers."""
    print(json.dumps([answer(work, job) for job in json.load(sys.stdin)]))


def answer(work: Mapping[str, Callable[[Job], bytes]], job: Job) -> dict[str, str]:
    """Do one job; whatever the peer raises is the answer."""
    try:
        return {"octets": bytes(work[job["do"]](job)).hex()}
    except Exception as error:  # noqa: BLE001 - a refusal is what some jobs are for
        return {"error": f"{type(error).__name__}: {error}"}


def octets(job: Job, name: str) -> bytes:
    """An argument that is octets."""
    return bytes.fromhex(job[name])
