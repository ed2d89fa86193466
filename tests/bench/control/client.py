# SPDX-License-Identifier: BSD-2-Clause
"""Many connections to the API at once, out of one thread: what is timed is the daemon."""
import json
import selectors
import socket
import time
import urllib.parse

PATIENCE = 60  # seconds without any answer


def encode(action, fields):
    """The bytes of a request."""
    fields = {"Action": action, **{k: json.dumps(v) if isinstance(v, (list, dict)) else v
                                   for k, v in fields.items()}}
    body = urllib.parse.urlencode(fields).encode()
    return (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body)) + body


class _Line:
    """One connection with one request under way."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(path))
        self.received = b""
        self.started = 0.0
        self.tag = None

    def ask(self, tag, request):
        self.tag, self.received, self.started = tag, b"", time.monotonic()
        self.sock.sendall(request)

    def take(self):
        """(status, body) when the answer is whole, else None."""
        piece = self.sock.recv(1 << 16)
        if not piece:
            raise ConnectionError(f"closed instead of an answer to {self.tag}")
        self.received += piece
        head, blank, body = self.received.partition(b"\r\n\r\n")
        if not blank:
            return None
        at = head.lower().index(b"content-length:")
        if len(body) < int(head[at + 15:].split(b"\r\n", 1)[0]):
            return None
        return int(head.split(b" ", 2)[1]), body


class Failed(Exception):
    pass


def run(path, connections, requests, on_answer=None, until=None):
    """Asks every (tag, action, fields) over so many connections; returns the seconds of each.

    on_answer(tag, body) sees each success; an error ends it with Failed. After the moment `until`
    nothing new is asked.
    """
    requests = iter(requests)
    times = []
    with selectors.DefaultSelector() as selector:
        def next_request(line):
            if until and time.monotonic() > until:
                return False
            one = next(requests, None)
            if one:
                line.ask(one[0], encode(one[1], one[2]))
            return one is not None

        lines = [_Line(path) for _ in range(connections)]
        try:
            busy = 0
            for line in lines:
                if next_request(line):
                    selector.register(line.sock, selectors.EVENT_READ, line)
                    busy += 1
            while busy:
                ready = selector.select(PATIENCE)
                if not ready:
                    raise Failed(f"no answer for {PATIENCE} s")
                for key, _ in ready:
                    line = key.data
                    answer = line.take()
                    if answer is None:
                        continue
                    times.append(time.monotonic() - line.started)
                    if answer[0] != 200:
                        raise Failed(f"{line.tag}: {answer[0]} {answer[1].decode()}")
                    if on_answer:
                        on_answer(line.tag, answer[1])
                    if not next_request(line):
                        selector.unregister(line.sock)
                        busy -= 1
        finally:
            for line in lines:
                line.sock.close()
    return times
