"""Sends bytes over a connection of their own, and takes what comes back."""

import asyncio
import socket

_PATIENCE = 5.0         # seconds without a byte, after which a server counts as waiting
_MOST = 4 * 1024 * 1024  # bytes; nothing in the tree but the large file is longer


async def exchange(port, request):
    """The bytes that a server sent, and how it ended: closed, reset, waits or endless."""
    loop = asyncio.get_running_loop()
    received = bytearray()
    with socket.socket() as connection:
        connection.setblocking(False)
        await asyncio.wait_for(loop.sock_connect(connection, ("127.0.0.1", port)), _PATIENCE)
        sending = asyncio.create_task(_send(loop, connection, request))
        try:
            while len(received) < _MOST:
                piece = await asyncio.wait_for(loop.sock_recv(connection, 1 << 16), _PATIENCE)
                if not piece:
                    return bytes(received), "closed"
                received += piece
            return bytes(received), "endless"
        except asyncio.TimeoutError:
            return bytes(received), "waits"
        except ConnectionError:
            return bytes(received), "reset"
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)


async def _send(loop, connection, request):
    try:
        await loop.sock_sendall(connection, request)
    except ConnectionError:
        pass  # what was received tells
