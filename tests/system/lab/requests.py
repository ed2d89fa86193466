# SPDX-License-Identifier: BSD-2-Clause
"""HTTP requests to ailing servers: paced ones that are all accounted for, and held connections."""
import asyncio
import collections
import dataclasses
import errno
import socket
import struct
import threading
import time

from .namespace import entered

PATIENCE = 1.5  # seconds until a client gives up
RST_ON_CLOSE = struct.pack("ii", 1, 0)
REQUEST = b"GET %s HTTP/1.1\r\nHost: test\r\n\r\n"
WORDS = {errno.ECONNREFUSED: "refused", errno.ECONNRESET: "reset", errno.EPIPE: "reset",
         errno.EHOSTUNREACH: "unreachable", errno.ENETUNREACH: "unreachable"}


@dataclasses.dataclass
class Request:
    """One of them; times are those of time.monotonic."""
    port: int
    begun: float
    ended: float = 0.0
    outcome: str = ""  # "ok", "503", "refused", "reset", "timeout", …
    server: str = ""


def word_of(error):
    if isinstance(error, (TimeoutError, asyncio.TimeoutError)):
        return "timeout"
    if isinstance(error, ConnectionResetError):
        return "reset"
    return WORDS.get(error.errno, repr(error))


def parse(data):
    """(code, body) of a whole reply, or None."""
    head, end, body = data.partition(b"\r\n\r\n")
    if not end or not body.endswith(b"\n"):
        return None
    return head.split(b" ", 2)[1].decode(), body.decode().strip()


def make_socket(host, port=0):
    """Of the namespace that the thread is in."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
    if port:
        sock.bind((host.address, port))
    return sock


class Paced:
    """New connections at a steady pace, one request each, from source ports in turn."""

    def __init__(self, host, target, ports, rate):
        self.host, self.target, self.ports, self.rate = host, target, ports, rate
        self.requests = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    async def _exchange(self, sock):
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, self.target)
        await loop.sock_sendall(sock, REQUEST % b"/")
        data = b""
        while not (answer := parse(data)):
            piece = await loop.sock_recv(sock, 65536)
            if not piece:
                raise ConnectionResetError
            data += piece
        return answer

    async def _one(self, port):
        request = Request(port, time.monotonic())
        self.requests.append(request)
        with make_socket(self.host, port) as sock:
            sock.setblocking(False)
            try:
                code, request.server = await asyncio.wait_for(self._exchange(sock), PATIENCE)
                request.outcome = "ok" if code == "200" else code
            except (OSError, asyncio.TimeoutError) as error:
                request.outcome = word_of(error)
        request.ended = time.monotonic()

    async def _pace(self):
        begun, tasks = time.monotonic(), []
        while not self._stop.is_set():
            number = len(tasks)
            await asyncio.sleep(begun + number / self.rate - time.monotonic())
            tasks.append(asyncio.create_task(self._one(self.ports[number % len(self.ports)])))
        await asyncio.gather(*tasks)

    def _run(self):
        with entered(self.host.namespace):
            asyncio.run(self._pace())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def between(self, begin, end):
        return [r for r in list(self.requests) if begin <= r.begun < end]

    def failures(self, begin=0.0, end=float("inf")):
        return [r for r in self.between(begin, end) if r.outcome not in ("ok", "")]

    def outcomes(self, begin=0.0, end=float("inf")):
        return dict(collections.Counter(r.outcome for r in self.between(begin, end)))


class KeptAlive:
    """A connection that is asked again and again."""

    def __init__(self, host, target, port=0, timeout=3.0):
        with entered(host.namespace):
            self.sock = make_socket(host, port)
        try:
            self.sock.settimeout(timeout)
            self.sock.connect(target)
            self.server = self.ask()
        except BaseException:
            self.sock.close()
            raise

    def ask(self, path="/well"):
        """The name of the server that answers; a connection that ended is a ConnectionError."""
        self.sock.sendall(REQUEST % path.encode())
        data = b""
        while not (answer := parse(data)):
            piece = self.sock.recv(65536)
            if not piece:
                raise ConnectionResetError("the connection ended")
            data += piece
        return answer[1]

    def alive(self):
        try:
            return self.ask() == self.server
        except OSError:
            return False

    def close(self):
        self.sock.close()


class KeptGroup:
    """Some of them, to one target."""

    def __init__(self, host, target, ports):
        self.connections = []
        try:
            for port in ports:
                self.connections.append(KeptAlive(host, target, port))
        except BaseException:
            self.close()
            raise

    def on(self, server):
        return [c for c in self.connections if c.server == server]

    def but(self, server):
        return [c for c in self.connections if c.server != server]

    def close(self):
        for connection in self.connections:
            connection.close()


def reached(host, target, ports):
    """{port: server} of one request from each; none may fail."""
    with entered(host.namespace):
        async def all_of_them():
            paced = Paced(host, target, ports, 1)
            for first in range(0, len(ports), 50):
                await asyncio.gather(*(paced._one(p) for p in ports[first:first + 50]))
            return paced.requests
        requests = asyncio.run(all_of_them())
    failed = [r for r in requests if r.outcome != "ok"]
    assert not failed, failed[:5]
    return {r.port: r.server for r in requests}
