"""The floor for GET rates: an asyncio server that answers whatever comes with the same bytes."""

import asyncio
import sys


class FixedReply(asyncio.Protocol):
    """One frame in, one frame out."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - whatever it says
        self.transport.write(REPLY)  # type: ignore[attr-defined]


REPLY = bytes.fromhex(sys.argv[1])


async def main() -> None:
    """Serve on a free port of the loopback interface and print it."""
    server = await asyncio.get_running_loop().create_server(FixedReply, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
