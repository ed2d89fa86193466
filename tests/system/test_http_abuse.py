# SPDX-License-Identifier: BSD-2-Clause
"""HTTP and JSON as no client should send them: a table of answers.

Every refused row carries a change that would show if it were carried out, and another client is
served before and after it on the connection that it had all along.
"""
import contextlib
import http.client
import json
import pathlib
import resource
import socket
import threading
import time
import urllib.parse

import pytest

from lab.api import Api, UnixConnection
from lab.daemon import Daemon
from lab.gateway import SETTINGS, Gateway, server_address
from lab.lab import until

CHANGE = b"Action=CreateLoadBalancer&Address=10.1.16.9"
READ = b"GET /?Action=DescribeRegions HTTP/1.1\r\nHost: x\r\n\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


class World:
    """The daemon, one load balancer with a server, and a client that stays connected."""

    def __init__(self, gateway):
        self.daemon = Daemon(gateway, SETTINGS)
        self.daemon.start()
        self.api = Api(self.daemon.socket)
        for n in range(3):
            self.api.call("RegisterInstance", InstanceId=f"i-{n}",
                          **{"IpAddress.1": server_address(n)})
        self.lb = self.api.call("CreateLoadBalancer")["LoadBalancerId"]
        self.api.call("AddBackendServers", LoadBalancerId=self.lb,
                      BackendServers=[{"ServerId": "i-0"}])
        self.other = UnixConnection(self.daemon.socket, 5)

    def ask_other(self, action, **fields):
        """Over the connection of the other client."""
        self.other.request("GET", "/?" + urllib.parse.urlencode({"Action": action, **fields}))
        answer = self.other.getresponse()
        content = json.loads(answer.read())
        assert answer.status == 200, content
        return content

    def state(self):
        """All that a request could have changed."""
        shown = [self.ask_other("DescribeLoadBalancers", PageSize=100),
                 self.ask_other("DescribeLoadBalancerAttribute", LoadBalancerId=self.lb),
                 self.ask_other("DescribeInstances")]
        for content in shown:
            content.pop("RequestId")
        return shown


@pytest.fixture(scope="module")
def gateway():
    gateway = Gateway()
    yield gateway
    gateway.close()


@pytest.fixture(scope="module")
def world(gateway):
    world = World(gateway)
    yield world
    world.other.close()
    world.daemon.kill()


@pytest.fixture
def unchanged(world):
    """What comes in between leaves no trace, and the daemon is the same process."""
    before = world.state()
    yield world
    assert world.daemon.running(), world.daemon.logged()[-2000:]
    assert world.state() == before


def answers(world):
    """True if a new client is served; it may find no room yet."""
    with contextlib.suppress(OSError):
        return world.api.ask("DescribeRegions").status == 200
    return False


# A body that never comes whole is waited for for ten seconds.
def exchange(path, data, timeout=14):
    """What comes back, and whether the daemon closed the connection within the time."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(timeout)
        sock.connect(str(path))
        received, closed = b"", False
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(data)
        try:
            while piece := sock.recv(65536):
                received += piece
            closed = True
        except ConnectionResetError:
            closed = True
        except TimeoutError:
            pass
        return received, closed


def post(*headers, body=CHANGE, version=b"HTTP/1.1"):
    """A change that would be carried out, were it not for these headers."""
    return b"POST / " + version + b"\r\n" + FORM + b"".join(h + b"\r\n" for h in headers) + \
        b"\r\n" + body


def get(line, *headers):
    return line + b"\r\n" + b"".join(h + b"\r\n" for h in headers) + b"\r\n"


LENGTH = b"Content-Length: %d" % len(CHANGE)
CHUNKED = b"Transfer-Encoding: chunked"
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(CHANGE), CHANGE)
TARGET = b"/?" + CHANGE

# What must be refused with a 4xx, or by an end without an answer; then the connection is over.
REFUSED = {
    "two lengths, the same": post(LENGTH, LENGTH),
    "two lengths that differ": post(LENGTH, b"Content-Length: 3"),
    "two lengths in one line": post(b"Content-Length: %d, %d" % (len(CHANGE), len(CHANGE))),
    "a length with a plus": post(b"Content-Length: +%d" % len(CHANGE)),
    "a negative length": post(b"Content-Length: -1"),
    "a hexadecimal length": post(b"Content-Length: 0x%x" % len(CHANGE)),
    "an empty length": post(b"Content-Length:"),
    "a length folded over two lines": post(b"Content-Length: 4\r\n 3"),
    "a blank before the colon": post(b"Content-Length : %d" % len(CHANGE)),
    "a length and chunks": post(LENGTH, CHUNKED, body=CHUNKS),
    "chunks and a length": post(CHUNKED, LENGTH, body=CHUNKS),
    "two encodings": post(CHUNKED, CHUNKED, body=CHUNKS),
    "chunked twice": post(b"Transfer-Encoding: chunked, chunked", body=CHUNKS),
    "gzip, then chunked": post(b"Transfer-Encoding: gzip, chunked", body=CHUNKS),
    "identity": post(b"Transfer-Encoding: identity", LENGTH),
    "an encoding that resembles": post(b"Transfer-Encoding: xchunked", body=CHUNKS),
    "a vertical tab before the encoding": post(b"Transfer-Encoding: \x0bchunked", body=CHUNKS),
    "a chunk size that is none": post(CHUNKED, body=b"zz\r\n" + CHANGE),
    "a negative chunk size": post(CHUNKED, body=b"-5\r\n" + CHANGE),
    "a chunk size beyond 64 bits": post(CHUNKED, body=b"ffffffffffffffffff\r\n" + CHANGE),
    "GET with a body": get(b"GET " + TARGET + b" HTTP/1.1", b"Content-Length: 5") + b"hello",
    "NUL for a request": b"\0" * 2000 + b"\r\n\r\n",
    "NUL in the request line": get(b"GET /?Action=\0CreateLoadBalancer HTTP/1.1"),
    "NUL in a header's name": get(b"GET " + TARGET + b" HTTP/1.1", b"X\0Y: z"),
    "a control character in a header's name": get(b"GET " + TARGET + b" HTTP/1.1", b"X\x01Y: z"),
    "a header without a colon": get(b"GET " + TARGET + b" HTTP/1.1", b"hello"),
    "a header without a name": get(b"GET " + TARGET + b" HTTP/1.1", b": hello"),
    "no request line": b"\r\n\r\n\r\n\r\nhello\r\n\r\n",
    "HTTP/0.9": b"GET " + TARGET + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a version that is none": get(b"GET " + TARGET + b" HTTP/x.y"),
    "a TLS hello": bytes.fromhex("16030100c8010000c403034d") + b"\0" * 200 + b"\r\n\r\n",
    "headers of 80 KiB": get(b"GET " + TARGET + b" HTTP/1.1", b"X: " + b"y" * 80000),
    "20,000 headers": get(b"GET " + TARGET + b" HTTP/1.1", *[b"X: y"] * 20000),
    "a request line of 80 KiB": get(b"GET " + TARGET + b"&X=" + b"y" * 80000 + b" HTTP/1.1"),
    "a body above 1 MiB": post(b"Content-Length: %d" % (1 << 21),
                               body=CHANGE + b"&X=" + b"y" * ((1 << 21) - len(CHANGE) - 3)),
    "a length beyond 64 bits": post(b"Content-Length: 99999999999999999999"),
    "a body above 64 MiB": post(b"Content-Length: 67108865",
                                body=CHANGE + b"&X=" + b"y" * (67108865 - len(CHANGE) - 3)),
    "a chunk above 64 MiB": post(CHUNKED, body=b"4000001\r\n" + b"y" * 67108865),
}


@pytest.mark.parametrize("says", REFUSED)
def test_refused(unchanged, says):
    answer, closed = exchange(unchanged.daemon.socket, REFUSED[says])
    assert closed, f"it waits for more behind {answer[:300]!r}"
    if answer:
        one, other = socket.socketpair()
        with one, other:
            one.sendall(answer)
            one.shutdown(socket.SHUT_WR)
            parsed = http.client.HTTPResponse(other)
            parsed.begin()
            assert 400 <= parsed.status < 500, answer
            assert b"HTTP/1." not in parsed.read(), "more than one answer"


# status, Code (None: success), request
ANSWERED = {
    "another method": (403, "UnsupportedHTTPMethod", get(b"PUT " + TARGET + b" HTTP/1.1")),
    "HEAD": (403, None, get(b"HEAD " + TARGET + b" HTTP/1.1")),
    "OPTIONS": (403, "UnsupportedHTTPMethod", get(b"OPTIONS " + TARGET + b" HTTP/1.1")),
    "DELETE": (403, "UnsupportedHTTPMethod", get(b"DELETE " + TARGET + b" HTTP/1.1")),
    "another path": (404, "InvalidAction.NotFound",
                     get(b"GET /admin?" + CHANGE + b" HTTP/1.1")),
    "a path upwards": (404, "InvalidAction.NotFound", get(b"GET /../?" + CHANGE + b" HTTP/1.1")),
    "no action": (400, "MissingAction", get(b"GET / HTTP/1.1")),
    "NUL in a value": (400, "InvalidParameter", get(b"GET " + TARGET + b"&X=%00 HTTP/1.1")),
    "bad UTF-8 in a value": (400, "InvalidParameter",
                             get(b"GET " + TARGET + b"&X=%ff%fe HTTP/1.1")),
    "half a percent sequence": (400, "InvalidParameter", get(b"GET " + TARGET + b"&X=%2 HTTP/1.1")),
    "257 parameters": (400, "InvalidParameter",
                       get(b"GET " + TARGET + b"&x=1" * 255 + b" HTTP/1.1")),
    "overlong UTF-8": (400, "InvalidParameter", get(b"GET " + TARGET + b"&X=%c0%af HTTP/1.1")),
    "a surrogate": (400, "InvalidParameter", get(b"GET " + TARGET + b"&X=%ed%a0%80 HTTP/1.1")),
    "no Host": (200, None, b"GET /?Action=DescribeRegions HTTP/1.1\r\n\r\n"),
    "two Hosts": (200, None, get(READ.split(b"\r\n")[0], b"Host: a", b"Host: b")),
    "LF alone ends lines": (200, None, READ.replace(b"\r\n", b"\n")),
    "HTTP/1.0": (200, None, get(b"GET /?Action=DescribeRegions HTTP/1.0")),
    "blanks around the encoding": (200, None, post(
        b"Transfer-Encoding:   chunked  ", body=b"17\r\nAction=DescribeRegions&\r\n0\r\n\r\n")),
    "100-continue": (200, None, post(b"Expect: 100-continue", b"Content-Length: 22",
                                     body=b"Action=DescribeRegions")),
    "a body that is no form": (400, "MissingAction", get(
        b"POST / HTTP/1.1", b"Content-Type: application/json", LENGTH) + CHANGE),
}


@pytest.mark.parametrize("says", ANSWERED)
def test_answered(unchanged, says):
    status, code, request = ANSWERED[says]
    answer, _ = exchange(unchanged.daemon.socket, request, timeout=0.5)
    answer = answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head, "no answer"
    assert int(head.split()[1]) == status, answer
    if code or status == 200:
        content = json.loads(body)
        assert content.get("Code") == code, content
        assert content["RequestId"]


def test_pipelined_requests_are_answered_in_order(world):
    """Reads and changes in one write; each sees what came before it."""
    path = world.daemon.socket
    target = f"/?Action=%s&LoadBalancerId={world.lb}&BackendServers=[{{%%22ServerId%%22:%%22i-2%%22}}]"
    actions = ["DescribeLoadBalancerAttribute", "AddBackendServers",
               "DescribeLoadBalancerAttribute", "RemoveBackendServers",
               "DescribeLoadBalancerAttribute"] * 4
    data = b"".join(f"GET {target % a} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for a in actions)
    data = data[:-2] + b"Connection: close\r\n\r\n"
    received, closed = exchange(path, data)
    bodies = [json.loads(piece.partition(b"\r\n\r\n")[2])
              for piece in received.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert closed and len(bodies) == len(actions)
    listed = [sorted(s["ServerId"] for s in body["BackendServers"]["BackendServer"])
              for body in bodies]
    assert listed == [["i-0"], ["i-2"], ["i-0", "i-2"], ["i-2"], ["i-0"]] * 4


def test_trickle(unchanged):
    """A byte now and then holds its place for ten seconds or so, and nobody up."""
    request = post(LENGTH)
    started = time.monotonic()
    with socket.socket(socket.AF_UNIX) as slow:
        slow.settimeout(5)
        slow.connect(str(unchanged.daemon.socket))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for n in range(200):
                slow.sendall(request[n:n + 1] if n < len(request) - 1 else b"")
                asked = time.monotonic()
                unchanged.ask_other("DescribeRegions")
                assert time.monotonic() - asked < 0.5
                slow.settimeout(0.1)
                try:
                    if not slow.recv(4096):
                        break
                except TimeoutError:
                    continue
        assert 8 < time.monotonic() - started < 15, "not ended in time"


class Crowd:
    """Connections that say nothing; those that find no room in the backlog do not count."""

    def __init__(self, path, count):
        self.socks = []
        for _ in range(count):
            sock = socket.socket(socket.AF_UNIX)
            sock.setblocking(False)
            if sock.connect_ex(str(path)) == 0:
                self.socks.append(sock)
            else:
                sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for sock in self.socks:
            sock.close()


def test_two_thousand_idle_connections(unchanged):
    """64 are served and 16 told so; the rest waits outside. Who was there is served all along."""
    with Crowd(unchanged.daemon.socket, 2000) as crowd:
        assert len(crowd.socks) > 80
        time.sleep(0.5)
        for _ in range(20):
            asked = time.monotonic()
            unchanged.ask_other("DescribeRegions")
            assert time.monotonic() - asked < 0.5
        told = 0
        for sock in crowd.socks[60:90]:
            sock.settimeout(0.2)
            with contextlib.suppress(OSError):
                sock.sendall(READ)
                told += b"Throttling.User" in sock.recv(4096)
        assert told, "nobody was told that there are too many"
        used = len(list(pathlib.Path(f"/proc/{unchanged.daemon.pid}/fd").iterdir()))
        assert used < 200, "the daemon holds them all"
    until(lambda: answers(unchanged), 10, "that there is room again")


def test_descriptors_run_out(unchanged):
    """Who is connected goes on being served, changes included; new ones wait."""
    pid = unchanged.daemon.pid
    used = [int(path.name) for path in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
    old = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (max(used) + 2, old[1]))
    try:
        with Crowd(unchanged.daemon.socket, 100):
            time.sleep(0.5)
            for weight in (1, 100):
                unchanged.ask_other("SetBackendServers", LoadBalancerId=unchanged.lb,
                                    BackendServers=f'[{{"ServerId":"i-0","Weight":{weight}}}]')
            unchanged.ask_other("DescribeRegions")
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, old)
    until(lambda: answers(unchanged), 10, "that it accepts again")


def test_clients_that_vanish(unchanged):
    """Gone in the middle of a request or before its answer, by the hundred, from many threads."""
    def vanish():
        for n in range(50):
            with socket.socket(socket.AF_UNIX) as sock:
                with contextlib.suppress(OSError):
                    sock.settimeout(2)
                    sock.connect(str(unchanged.daemon.socket))
                    sock.sendall(READ if n % 2 else READ[:n])

    threads = [threading.Thread(target=vanish) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: answers(unchanged), 10, "that it answers")


# --- JSON ---

MALFORMED = 400, "BackendServersMalformed"
INVALID = 400, "InvalidParameter"
WEIGHT = 400, "InvalidWeight.Malformed"
NO_ID = 400, "BackendServer.ServerIdEmpty"


def weighing(weight):
    return '[{"ServerId":"i-1","Weight":%s}]' % weight


JSON = {
    "NaN": (weighing("NaN"), MALFORMED),
    "Infinity": (weighing("-Infinity"), MALFORMED),
    "a number beyond doubles": (weighing("1e999"), WEIGHT),
    "a number beyond 64 bits": (weighing("9" * 40), WEIGHT),
    "a number of 60,000 digits": (weighing("1" * 60000), WEIGHT),
    "an exponent": (weighing("1e1"), WEIGHT),
    "a fraction": (weighing("10.0"), WEIGHT),
    "a leading zero": (weighing("010"), MALFORMED),
    "a plus": (weighing("+1"), MALFORMED),
    "hexadecimal": (weighing("0x10"), MALFORMED),
    "a boolean": (weighing("true"), WEIGHT),
    "a list for a number": (weighing("[1]"), WEIGHT),
    "depth 5": ('[{"ServerId":"i-1","x":[[[1]]]}]', MALFORMED),
    "60,000 brackets": ("[" * 60000, MALFORMED),
    "60,000 braces": ('{"a":' * 12000, MALFORMED),
    "more than 64 KiB": ('[{"ServerId":"i-1","x":"%s"}]' % ("y" * 66000), MALFORMED),
    "two values": ('[{"ServerId":"i-1"}][]', MALFORMED),
    "a comma at the end": ('[{"ServerId":"i-1"},]', MALFORMED),
    "a comment": ('[{"ServerId":"i-1"}/* */]', MALFORMED),
    "a byte order mark": ('\ufeff[{"ServerId":"i-1"}]', MALFORMED),
    "no end": ('[{"ServerId":"i-1"', MALFORMED),
    "a raw newline in a string": ('[{"ServerId":"i-1\n"}]', MALFORMED),
    "half a surrogate": ('[{"ServerId":"i-1","x":"\\ud800"}]', MALFORMED),
    "NUL as an escape": ('[{"ServerId":"i-1\\u0000x"}]', MALFORMED),
    "quotes that do not match": ('[{"ServerId":"i-1\'}]', MALFORMED),
    "a key in another case": ('[{"serverid":"i-1"}]', NO_ID),
    "a number for an id": ('[{"ServerId":1}]', INVALID),
    "an id with a slash": ('[{"ServerId":"i/1"}]', INVALID),
    "null for the whole": ("null", INVALID),
    "an object": ('{"ServerId":"i-1"}', INVALID),
    "null for an entry": ('[{"ServerId":"i-1"},null]', INVALID),
    "one bad entry behind a good one": ('[{"ServerId":"i-1"},{"ServerId":"i-none"}]',
                                        (400, "ObtainIpFail")),
}


@pytest.mark.parametrize("says", JSON)
def test_json_refused(unchanged, says):
    text, expected = JSON[says]
    answer = unchanged.api.ask("AddBackendServers", LoadBalancerId=unchanged.lb,
                               BackendServers=text)
    assert (answer.status, answer.code) == expected, answer.body[:500]


def test_json_bad_utf8(unchanged):
    body = (f"Action=AddBackendServers&LoadBalancerId={unchanged.lb}&BackendServers=").encode()
    for bad in (b"%ff", b"%c3%28", b"\xff", b"%ed%a0%80"):
        json_text = b'[{"ServerId":"i-1","x":"' + bad + b'"}]'
        answer = unchanged.api.request(
            "POST", "/", body + json_text, {"Content-Type": "application/x-www-form-urlencoded"})
        assert (answer.status, answer.code) == INVALID, answer.body


TAKEN = {
    "of a key given twice the first counts":
        ('[{"ServerId":"i-1","Weight":7,"ServerId":"i-2","Weight":8}]', 7),
    "keys that are not known": ('[{"ServerId":"i-1","Weight":7,"weight":8,"constructor":{}}]', 7),
    "null counts as absent": ('[{"ServerId":"i-1","Weight":null,"Port":null,"Type":null}]', 100),
    "escapes": ('[{"\\u0053erverId":"i\\u002d1","Weight":"\\u0037"}]', 7),
    "single quotes": ("[{'ServerId':'i-1','Weight':'7'}]", 7),
    "white space": (' [ {\t"ServerId" :\r\n"i-1" , "Weight" : 7 } ] ', 7),
}


@pytest.mark.parametrize("says", TAKEN)
def test_json_taken(unchanged, says):
    text, weight = TAKEN[says]
    fields = {"LoadBalancerId": unchanged.lb}
    added = unchanged.api.call("AddBackendServers", BackendServers=text, **fields)
    assert added["BackendServers"]["BackendServer"] == [
        {"ServerId": "i-1", "Weight": weight, "Type": "ecs"}]
    unchanged.api.call("RemoveBackendServers", BackendServers=[{"ServerId": "i-1"}], **fields)


