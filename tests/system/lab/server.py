#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A backend's server: answers with its name, over TCP and UDP.

    server.py NAME PORT...

TCP: says "NAME\\n" when a connection comes, then obeys lines:
    echo TEXT   answers "NAME TEXT"
    get BYTES   sends so many bytes, then their SHA-256 in hexadecimal and a newline
    put BYTES   takes so many bytes, then answers their SHA-256
UDP: answers "NAME " and the datagram.
"""
import asyncio
import hashlib
import os
import sys

BLOCK = 1 << 16


async def send_bytes(writer, count):
    digest = hashlib.sha256()
    block = os.urandom(BLOCK)
    for start in range(0, count, BLOCK):
        # The offset in front tells blocks apart, so that a lost or doubled one shows.
        piece = (start.to_bytes(8, "big") + block)[:min(BLOCK, count - start)]
        digest.update(piece)
        writer.write(piece)
        await writer.drain()
    writer.write(f"{digest.hexdigest()}\n".encode())


async def take_bytes(reader, writer, count):
    digest = hashlib.sha256()
    while count:
        piece = await reader.read(min(BLOCK, count))
        if not piece:
            return
        digest.update(piece)
        count -= len(piece)
    writer.write(f"{digest.hexdigest()}\n".encode())


async def obey(name, reader, writer):
    writer.write(f"{name}\n".encode())
    while line := (await reader.readline()).decode():
        verb, _, argument = line.rstrip("\n").partition(" ")
        if verb == "echo":
            writer.write(f"{name} {argument}\n".encode())
        elif verb == "get":
            await send_bytes(writer, int(argument))
        elif verb == "put":
            await take_bytes(reader, writer, int(argument))
        await writer.drain()


async def on_connection(name, reader, writer):
    try:
        await obey(name, reader, writer)
    except ConnectionError:
        pass
    finally:
        writer.close()


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, name):
        self.name = name.encode()

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(self.name + b" " + data, address)

    def error_received(self, error):
        pass


async def main(name, ports):
    loop = asyncio.get_running_loop()
    servers = []
    for port in ports:
        servers.append(await asyncio.start_server(
            lambda r, w: on_connection(name, r, w), "0.0.0.0", port, backlog=1024))
        await loop.create_datagram_endpoint(lambda: Datagrams(name), ("0.0.0.0", port))
    print("ready", flush=True)
    await asyncio.gather(*(s.serve_forever() for s in servers))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], [int(p) for p in sys.argv[2:]]))
