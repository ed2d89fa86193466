#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A backend's server that falls ill on demand: HTTP over TCP, and UDP, on each port.

    ailing.py NAME PORT...

Well, it answers every request with 200 and its name, a datagram `ping` with `pong`, and any other
datagram with its name and the datagram. A line on its standard input is an order, and each is
answered with a line of JSON:
    PORT ILLNESS [NUMBER]   from now on, on that port
    count                   {PORT: {"connections": {ADDRESS: n}, "requests": {PATH: n},
                                    "datagrams": {ADDRESS: n}}} so far
Whoever asks for a path below /well is answered well even so.
"""
import asyncio
import collections
import json
import sys

HUGE = 10 << 20


class Port:
    """What a port does, and what came to it."""

    def __init__(self, name):
        self.name, self.illness, self.number = name, "well", 0.0
        self.connections, self.requests = collections.Counter(), collections.Counter()
        self.datagrams = collections.Counter()

    def counts(self):
        return {"connections": self.connections, "requests": self.requests,
                "datagrams": self.datagrams}


def reply(code, text, with_length=True):
    length = f"Content-Length: {len(text)}\r\n" if with_length else ""
    return f"HTTP/1.1 {code} Said\r\n{length}\r\n{text}".encode()


async def well(port, writer, body):
    writer.write(reply(200, body))


async def answer_code(port, writer, body):
    writer.write(reply(int(port.number), body))


async def answer_slowly(port, writer, body):
    await asyncio.sleep(port.number)
    writer.write(reply(200, body))


async def drip(port, writer, body):
    """Byte by byte, with that many seconds between them."""
    for byte in reply(200, body):
        if writer.transport.is_closing():
            return
        writer.write(bytes([byte]))
        await asyncio.sleep(port.number)


async def answer_hugely(port, writer, body):
    writer.write(reply(200, "x" * HUGE))


async def endless_line(port, writer, body):
    writer.write(b"HTTP/1.1 200 " + b"x" * HUGE)


async def answer_openly(port, writer, body):
    """An answer that only the end of the connection would end, and that never comes."""
    writer.write(reply(200, body, with_length=False))


async def say_nothing(port, writer, body):
    pass


async def talk_nonsense(port, writer, body):
    writer.write(b"220 mail.example.com ESMTP\r\n")


async def hang_up(port, writer, body):
    raise ConnectionError


ILLNESSES = {
    "well": well, "code": answer_code, "slow": answer_slowly, "drip": drip,
    "huge": answer_hugely, "line": endless_line, "open": answer_openly, "mute": say_nothing,
    "nonsense": talk_nonsense, "hangup": hang_up,
}


async def read_request(reader):
    """(method, path) of the next request; None at the end."""
    words = (await reader.readline()).split()
    if len(words) < 2:
        return None
    while (await reader.readline()).strip():
        pass
    return words[0].decode(), words[1].decode()


async def converse(port, reader, writer):
    while request := await read_request(reader):
        method, path = request
        port.requests[path] += 1
        body = "" if method == "HEAD" else port.name + "\n"
        illness = "well" if path.startswith("/well") else port.illness
        await ILLNESSES[illness](port, writer, body)
        await writer.drain()


async def on_connection(port, reader, writer):
    port.connections[writer.get_extra_info("peername")[0]] += 1
    try:
        await converse(port, reader, writer)
    except (ConnectionError, OSError):
        pass
    finally:
        writer.transport.abort()


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, port):
        self.port = port

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.port.datagrams[address[0]] += 1
        if self.port.illness == "mute":
            return
        if data == b"ping":
            data = b"pong" if self.port.illness == "well" else b"pang"
        else:
            data = self.port.name.encode() + b" " + data
        self.transport.sendto(data, address)


def obey(ports, line):
    words = line.split()
    if words == ["count"]:
        return {number: port.counts() for number, port in ports.items()}
    port = ports[int(words[0])]
    port.illness, port.number = words[1], float(words[2]) if len(words) > 2 else 0.0
    return {}


async def take_orders(ports):
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        print(json.dumps(obey(ports, line.decode())), flush=True)


async def main(name, numbers):
    ports = {number: Port(name) for number in numbers}
    for number, port in ports.items():
        await asyncio.start_server(lambda r, w, p=port: on_connection(p, r, w), "0.0.0.0", number,
                                   backlog=4096)
        await asyncio.get_running_loop().create_datagram_endpoint(
            lambda p=port: Datagrams(p), ("0.0.0.0", number))
    print("ready", flush=True)
    await take_orders(ports)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], [int(p) for p in sys.argv[2:]]))
