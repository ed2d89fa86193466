# SPDX-License-Identifier: BSD-2-Clause
"""sluicectl events: what is shown of the journal, and how a follower goes on and ends."""
import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest

from conftest import SLUICECTL
from responder import Responder

KINDS = ["health", "membership", "link", "neighbour"]


def event(number, **more):
    return {"Number": number, "TimeMs": 1764036000123 + number, "Kind": KINDS[number % 4],
            "Time": "2026-11-25T02:00:00.123Z", "Subject": f"s{number}", "Text": f"t{number}",
            **more}


class Journal:
    """DescribeEvents of a daemon, `most` events a page."""

    def __init__(self, count=0, most=1000, started="A"):
        self.events = [event(n) for n in range(1, count + 1)]
        self.most, self.started = most, started

    def add(self, count=1):
        self.events += [event(len(self.events) + n) for n in range(1, count + 1)]

    def __call__(self, asked):
        found = [e for e in self.events if e["Number"] > int(asked["After"])]
        return {"Events": {"Event": found[:self.most]}, "LastNumber": len(self.events),
                "DaemonStarted": self.started}


@pytest.fixture
def journal(responder):
    journal = responder.answers["DescribeEvents"] = Journal(6)
    return journal


def shown(done):
    return [words[2].rstrip(":") for words in done.lines]


def test_a_line_each(ctl, journal):
    done = ctl("events")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0] == "2026-11-25T02:00:00.123Z membership s1: t1"
    assert done.out.splitlines()[3] == "2026-11-25T02:00:00.123Z health     s4: t4"
    assert shown(done) == [f"s{n}" for n in range(1, 7)]


def test_an_object_each(ctl, journal):
    lines = ctl("-o", "json", "events").out.splitlines()
    assert [json.loads(line) for line in lines] == journal.events


@pytest.mark.parametrize("options, numbers", [
    (["-n", "2"], [5, 6]), (["-n", "0"], []), (["--lines", "100"], range(1, 7)),
    (["--kind", "health"], [4]), (["--kind=HEALTH,link"], [2, 4, 6]),
    (["--kind", "link", "-n", "1"], [6])])
def test_only_some(ctl, journal, options, numbers):
    assert shown(ctl("events", *options)) == [f"s{n}" for n in numbers]


def test_none(ctl, responder):
    responder.answers["DescribeEvents"] = Journal()
    assert ctl("events").out == ""


@pytest.mark.parametrize("options, says", [
    (["--kind", "weather"], "'weather' is no kind of event: health, membership, link or neighbour"),
    (["--kind", ""], "'' is no kind of event"), (["-n", "x"], "-n x: a number is expected"),
    (["-n", "-1"], "-n -1: a number is expected"), (["After=5"], "'After' is no option of events"),
    (["word"], "'word' is one argument too many")])
def test_usage(ctl, journal, responder, options, says):
    done = ctl("events", *options)
    assert (done.code, done.out, responder.asked) == (2, "", [])
    assert says in done.err


def test_pages(ctl, responder):
    responder.answers["DescribeEvents"] = Journal(25, most=10)
    assert shown(ctl("events")) == [f"s{n}" for n in range(1, 26)]
    assert [asked["After"] for asked in responder.asked] == ["0", "10", "20"]


def test_a_daemon_that_never_gets_on_is_left(ctl, responder):
    responder.answers["DescribeEvents"] = {"Events": {"Event": []}, "LastNumber": 1e15}
    assert ctl("events").code == 0
    assert len(responder.asked) == 1


def test_what_is_hostile(ctl, responder):
    responder.answers["DescribeEvents"] = {"LastNumber": 3, "Events": {"Event": [
        {"Number": 1, "Kind": "new\nkind", "Subject": "a\x1b[2J", "Text": "b\rc"}, 7, {}]}}
    assert ctl("events").out.splitlines() == [" new?kind   a?[2J: b?c", "            : ",
                                              "            : "]
    assert ctl("events", "--kind", "health").out == ""


# --- following ---

class Follower:
    def __init__(self, path, *options, stdout=subprocess.PIPE):
        self.process = subprocess.Popen([SLUICECTL, "--socket", path, "events", "--follow",
                                         *options], stdout=stdout, stderr=subprocess.PIPE,
                                        text=True)
        # A line that never comes must not be waited for without end.
        self.guard = threading.Timer(20, self.process.kill)
        self.guard.start()

    def lines(self, count):
        return [self.process.stdout.readline().split()[2].rstrip(":") for _ in range(count)]

    def end(self, how=signal.SIGINT):
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=5)
        return self.process.returncode, out, err


@pytest.fixture
def follow(responder):
    followers = []

    def begin(*options, **more):
        followers.append(Follower(responder.path, *options, **more))
        return followers[-1]
    yield begin
    for follower in followers:
        if follower.process.poll() is None:
            follower.process.kill()
        follower.process.communicate()
        follower.guard.cancel()


def until(check):
    end = time.monotonic() + 5
    while not check():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_each_as_it_happens(responder, journal, follow):
    journal.add(10)
    follower = follow()
    assert follower.lines(10) == [f"s{n}" for n in range(7, 17)]
    for number in range(17, 20):
        journal.add()
        assert follower.lines(1) == [f"s{number}"]
    assert follower.end() == (0, "", "")
    gaps = [asked["After"] for asked in responder.asked]
    assert gaps == sorted(gaps, key=int) and gaps[0] == "0" and int(gaps[-1]) >= 18


def test_kinds_are_followed(responder, journal, follow):
    follower = follow("--kind", "health", "-n", "0", "-o", "json")
    until(lambda: len(responder.asked) >= 2)
    journal.add(4)
    assert json.loads(follower.process.stdout.readline())["Number"] == 8
    assert follower.end(signal.SIGTERM) == (0, "", "")


@pytest.fixture
def connections(responder):
    """Those that the responder has taken."""
    taken = []
    handle = responder.process_request

    def process_request(connection, address):
        taken.append(connection)
        handle(connection, address)
    responder.process_request = process_request
    return taken


def test_one_connection(responder, journal, follow, connections):
    follower = follow()
    until(lambda: len(responder.asked) >= 5)
    assert len(connections) == 1
    assert follower.end()[0] == 0


def test_the_daemon_goes_and_comes(responder, journal, follow, connections):
    follower = follow()
    follower.lines(6)
    os.rename(responder.path, f"{responder.path}.away")
    connections[0].shutdown(socket.SHUT_RDWR)
    assert follower.process.stderr.readline() == (
        f"sluicectl: no daemon answers on the socket {responder.path}: waiting for it\n")
    again = Responder(responder.path)
    try:
        again.answers["DescribeEvents"] = Journal(3, started="B")
        assert follower.lines(3) == ["s1", "s2", "s3"]
        assert follower.end() == (0, "", "sluicectl: the daemon has started anew\n")
    finally:
        again.end()


def test_no_daemon_to_begin_with(tmp_path):
    done = subprocess.run([SLUICECTL, "--socket", tmp_path / "none", "events", "--follow"],
                          capture_output=True, text=True, timeout=10)
    assert done.returncode == 4 and "no daemon answers" in done.stderr


def test_a_refusal_ends_it(responder, journal, follow):
    follower = follow()
    follower.lines(6)
    responder.answers["DescribeEvents"] = (403, {"Code": "Forbidden", "Message": "No."})
    _, err = follower.process.communicate(timeout=5)
    assert follower.process.returncode == 1 and err == "sluicectl: Forbidden: No.\n"


def test_a_daemon_that_can_not_just_now_is_waited_for(responder, journal, follow):
    follower = follow()
    follower.lines(6)
    responder.answers["DescribeEvents"] = (503, {"Code": "Throttling", "Message": "Not now."})
    assert "waiting for it" in follower.process.stderr.readline()
    journal.add()
    responder.answers["DescribeEvents"] = journal
    assert follower.lines(1) == ["s7"]
    assert follower.end() == (0, "", "")


def test_one_refusal_is_asked_about_again(responder, journal, follow):
    follower = follow()
    follower.lines(6)
    refused = []

    def refuse_once(asked):
        refused.append(asked)
        responder.answers["DescribeEvents"] = journal
        return 400, {"Code": "Odd", "Message": "Odd."}
    responder.answers["DescribeEvents"] = refuse_once
    until(lambda: refused)
    journal.add()
    assert follower.lines(1) == ["s7"]
    assert follower.end() == (0, "", "")


def test_it_ends_though_the_daemon_says_nothing(responder, journal, follow):
    """One that is frozen holds nobody who wants to leave."""
    follower = follow()
    follower.lines(6)
    asked, silence = threading.Event(), threading.Event()

    def say_nothing(_):
        asked.set()
        silence.wait(20)
        return {}
    responder.answers["DescribeEvents"] = say_nothing
    try:
        assert asked.wait(5)
        assert follower.end() == (0, "", "")
    finally:
        silence.set()


def test_a_full_disk_is_told(journal, follow):
    with open("/dev/full", "w") as full:
        follower = follow(stdout=full)
        _, err = follower.process.communicate(timeout=5)
    assert follower.process.returncode == 1 and "No space left on device" in err


def test_a_reader_that_goes_ends_it(journal, follow):
    """Also when nothing more happens that would have to be written."""
    follower = follow()
    follower.lines(6)
    follower.process.stdout.close()
    follower.process.wait(5)
    assert follower.process.returncode == 0 and follower.process.stderr.read() == ""
