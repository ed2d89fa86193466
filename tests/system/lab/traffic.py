# SPDX-License-Identifier: BSD-2-Clause
"""Clients: many flows at once from named source ports, held connections, a steady load."""
import collections
import contextlib
import hashlib
import selectors
import socket
import struct
import threading
import time

from .namespace import entered

OUTSTANDING = 64
TRIES = 3
PATIENCE = 2.0  # seconds until a try has failed


def _socket(kind, source):
    sock = socket.socket(socket.AF_INET, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setblocking(False)
    if source[1]:
        sock.bind(source)
    return sock


def _reset_on_close(sock):
    """A closed connection leaves no TIME_WAIT behind, so that its port can be used again."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class _Try:
    """One flow's attempt to learn which server it reaches."""

    def __init__(self, kind, source, target):
        self.kind, self.source, self.target = kind, source, target
        self.deadline = time.monotonic() + PATIENCE
        self.sock = _socket(kind, source)
        self.sock.connect_ex(target)
        if kind == socket.SOCK_DGRAM:
            self.sock.send(b"who %d" % source[1])

    def answer(self):
        """The server's name."""
        data = self.sock.recv(200)
        if not data:
            raise ConnectionError("closed without an answer")
        return data.split()[0].decode()


class Spread:
    """Which server each source port reached, and what happened to those that reached none."""

    def __init__(self):
        self.servers = {}
        self.failures = {}
        self.retries = 0

    @property
    def counts(self):
        return dict(collections.Counter(self.servers.values()))


def spread(host, target, ports, kind=socket.SOCK_STREAM, reset=False):
    """Opens one flow from each source port; at most 64 are under way, each gets three tries."""
    result = Spread()
    waiting = collections.deque((port, 1) for port in ports)
    with entered(host.namespace), selectors.DefaultSelector() as selector:
        running = {}

        def settle(attempt, error):
            port = attempt.source[1]
            selector.unregister(attempt.sock)
            if reset:
                _reset_on_close(attempt.sock)
            attempt.sock.close()
            number = running.pop(attempt)
            if error is None:
                return
            if number < TRIES:
                result.retries += 1
                waiting.append((port, number + 1))
            else:
                result.failures[port] = error

        while waiting or running:
            while waiting and len(running) < OUTSTANDING:
                port, number = waiting.popleft()
                attempt = _Try(kind, (host.address, port), target)
                running[attempt] = number
                selector.register(attempt.sock, selectors.EVENT_READ, attempt)
            for key, _ in selector.select(0.1):
                try:
                    result.servers[key.data.source[1]] = key.data.answer()
                    settle(key.data, None)
                except OSError as error:
                    settle(key.data, error)
            now = time.monotonic()
            for attempt in [a for a in running if a.deadline < now]:
                settle(attempt, TimeoutError())
    return result


class Connection:
    """One blocking TCP connection to a server of ours; knows which server answered."""

    def __init__(self, host, target, port=0, timeout=5.0):
        with entered(host.namespace):
            self.sock = socket.socket()
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.sock.settimeout(timeout)
            if port:
                self.sock.bind((host.address, port))
            self.sock.connect(target)
            self.file = self.sock.makefile("rb")
            self.server = self.line()
        except BaseException:
            self.sock.close()
            raise

    def line(self):
        text = self.file.readline().decode()
        if not text.endswith("\n"):
            raise ConnectionError("the connection ended")
        return text[:-1]

    def send(self, text):
        self.sock.sendall(text.encode())

    def echo(self, text):
        """The name of the server that echoes the text."""
        self.send(f"echo {text}\n")
        name, _, rest = self.line().partition(" ")
        if rest != text:
            raise ConnectionError(f"{text!r} came back as {rest!r}")
        return name

    def download(self, count, until=None):
        """Takes the bytes of a `get` that was sent; True if their sum is the server's."""
        digest = hashlib.sha256()
        while count:
            piece = self.file.read1(min(1 << 16, count))
            if not piece:
                raise ConnectionError("the download ended early")
            digest.update(piece)
            count -= len(piece)
            if until:
                until(count)
        return self.line() == digest.hexdigest()

    def upload(self, count):
        digest = hashlib.sha256()
        self.send(f"put {count}\n")
        block = bytes(range(256)) * 256
        for start in range(0, count, len(block)):
            piece = (start.to_bytes(8, "big") + block)[:min(len(block), count - start)]
            digest.update(piece)
            self.sock.sendall(piece)
        return self.line() == digest.hexdigest()

    def close(self, reset=False):
        if reset:
            _reset_on_close(self.sock)
        self.file.close()
        self.sock.close()


class Held:
    """Connections that stay open while the world changes."""

    def __init__(self, host, target, count, first_port):
        self.connections = []
        try:
            for port in range(first_port, first_port + count):
                self.connections.append(Connection(host, target, port))
        except BaseException:
            self.close()
            raise
        self.rounds = 0

    def on(self, server):
        return [c for c in self.connections if c.server == server]

    def troubles(self):
        """What became of them since: moved or dead ones, a line each. Every one is asked."""
        self.rounds += 1
        found = []
        for number, connection in enumerate(self.connections):
            try:
                name = connection.echo(f"{self.rounds}.{number}")
            except OSError as error:
                found.append(f"{number} on {connection.server}: {error!r}")
                continue
            if name != connection.server:
                found.append(f"{number} moved from {connection.server} to {name}")
        return found

    def close(self):
        for connection in self.connections:
            connection.close(reset=True)


class Load:
    """New connections one after another in threads, until stopped; failures are kept."""

    def __init__(self, host, target, first_port, threads=2, ports=1000):
        self.host, self.target = host, target
        self.done = 0
        self.failures = []
        self.servers = collections.Counter()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(first_port + n * ports, ports), daemon=True)
            for n in range(threads)]

    def _run(self, first, count):
        number = 0
        while not self._stop.is_set():
            port = first + number % count
            number += 1
            started = time.monotonic()
            try:
                connection = Connection(self.host, self.target, port)
                server = connection.echo(str(number))
                connection.close(reset=True)
                self.servers[server] += 1
                self.done += 1
            except OSError as error:
                self.failures.append(f"port {port} after {time.monotonic() - started:.2f} s: "
                                     f"{error!r}")
            time.sleep(0.002)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()


@contextlib.contextmanager
def udp_socket(host, target, port=0, timeout=2.0):
    """A connected UDP socket, so that an ICMP error shows as ConnectionRefusedError."""
    with entered(host.namespace):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sock:
        sock.settimeout(timeout)
        if port:
            sock.bind((host.address, port))
        sock.connect(target)
        yield sock
