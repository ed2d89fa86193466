# SPDX-License-Identifier: BSD-2-Clause
"""The scripts as the shells run them: bash's is sourced and its function called on a line, zsh's is
found by a shell on a terminal, where the line is typed."""
import os
import shutil
import subprocess

import pytest

import zsh_line
from conftest import SLUICECTL, run

# Splits the line as readline does, calls what `complete` names, and prints the replies.
DRIVER = r"""
source "$1"
COMP_LINE=$2 COMP_POINT=${#2}
python3() { /usr/bin/python3 -c "$@"; }
mapfile -d '' COMP_WORDS < <(python3 '
import re, sys
parts = re.findall(r"[^\s=:]+|=+|:+|\s+", sys.argv[1])
words = [part for part in parts if not part.isspace()]
if parts[-1].isspace() or parts[-1] in "=:":
    words.append("")
sys.stdout.write("".join(word + "\0" for word in words))' "$2")
COMP_WORDS[0]=$3
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
[[ $(complete -p sluicectl) == *"-F _sluicectl sluicectl" ]] || exit 9
_sluicectl
((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
exit 0
"""


def stock(responder):
    """Something for every kind of argument."""
    responder.answers["DescribeLoadBalancers"] = {"LoadBalancers": {"LoadBalancer": [
        {"LoadBalancerId": "lb-1", "LoadBalancerName": "web"},
        {"LoadBalancerId": "lb-2", "LoadBalancerName": "lb-2"}]}}
    responder.answers["DescribeInstances"] = {"Instances": {"Instance": [{"InstanceId": "i-1"}]}}
    responder.answers["DescribeActions"] = lambda asked: {"Actions": {"Action": [{
        "Name": asked.get("ActionName", "DescribeZones"), "Parameters": {"Parameter": [
            {"Name": "Scheduler", "Type": "string", "Range": "wrr, rr"},
            {"Name": "Bandwidth", "Type": "integer", "Range": "1-5120"}]}}]}}


@pytest.fixture
def complete(responder, tmp_path):
    stock(responder)
    script = tmp_path / "script"
    script.write_text(run("completion", "bash").out)

    def complete(line):
        done = subprocess.run(["bash", "-c", DRIVER, "bash", script, line, SLUICECTL],
                              env={**os.environ, "SLUICE_SOCKET": responder.path},
                              capture_output=True, text=True, timeout=30)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.split("\n")[:-1]
    return complete


LINES = [
    ("sluicectl li", ["listener"]),
    ("sluicectl l", ["lb", "listener"]),
    ("sluicectl lb sh", ["show"]),
    ("sluicectl -o json lb sh", ["show"]),
    ("sluicectl -o ", ["table", "wide", "json"]),
    ("sluicectl --output w", ["wide"]),
    ("sluicectl --dr", ["--dry-run"]),
    ("sluicectl lb show w", ["web"]),
    ("sluicectl lb show lb", ["lb-1", "lb-2"]),
    ("sluicectl listener create web ", ["tcp", "udp", "Scheduler=", "Bandwidth="]),
    ("sluicectl listener create web tcp 80 Sch", ["Scheduler="]),
    ("sluicectl listener create web tcp 80 Scheduler=", ["wrr", "rr"]),
    ("sluicectl listener create web tcp 80 Scheduler=w", ["wrr"]),
    ("sluicectl listener create web tcp 80 Bandwidth=", []),
    ("sluicectl backend add web i", ["i-1"]),
    ("sluicectl backend add web a b i", ["i-1"]),
    ("sluicectl lb set-delete-protection web o", ["on", "off"]),
    ("sluicectl api Desc", ["DescribeZones"]),
    ("sluicectl frob ", []),
    ("sluicectl lb frob ", []),
    ("sluicectl apply -f ", []),
]


@pytest.mark.parametrize("line, replies", LINES)
def test_bash(complete, line, replies):
    assert complete(line) == replies


def test_options_of_the_line_count(complete, responder, tmp_path):
    assert complete(f"sluicectl --socket {tmp_path}/none lb show w") == []
    assert complete(f"sluicectl --socket {responder.path} --region r-2 lb show w") == ["web"]
    assert responder.asked[-1]["RegionId"] == "r-2"


def test_without_a_daemon_commands_are_completed():
    assert run("completion", "words", "--", "lb", "cr").out == "create\n"
    assert run("--socket", "/nonexistent", "completion", "words", "--", "lb", "show", "").out == ""


def test_names_that_steer_a_terminal_are_cleaned(ctl, responder):
    responder.answers["DescribeLoadBalancers"] = {"LoadBalancers": {"LoadBalancer": [
        {"LoadBalancerId": "lb-1", "LoadBalancerName": "w\x1b[2J\nx"}]}}
    assert ctl("completion", "words", "--", "lb", "show", "w").out == "w?[2J?x\n"


with_zsh = pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed (package zsh)")


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    """What compinit found, kept for the next shell."""
    return tmp_path_factory.mktemp("zsh") / "dump"


@pytest.fixture
def zsh(responder, tmp_path, dump):
    stock(responder)
    return lambda line, **how: zsh_line.complete(
        tmp_path, line, run("completion", "zsh").out, SLUICECTL, responder.path, dump, **how)


@with_zsh
@pytest.mark.parametrize("line, replies", LINES)
def test_zsh(zsh, line, replies):
    """A word is one with its "=" here; where nothing is offered it may be a file, as in bash."""
    fits, became = zsh(line)
    part = line[line.rindex(" ") + 1:line.rindex("=") + 1] if "=" in line else ""
    files = [zsh_line.FILE] if line.endswith(" ") else []
    assert sorted(fits) == sorted([part + reply for reply in replies] or files)
    if len(fits) == 1:
        space = "" if fits[0].endswith("=") else " "
        assert became == line[:line.rindex(" ") + 1] + fits[0] + space


@with_zsh
@pytest.mark.parametrize("line, replies", [
    ("sluicectl lis", ["listener"]),
    ("sluicectl lb show lb", ["lb-1", "lb-2"]),
])
def test_zsh_with_the_script_sourced(zsh, line, replies):
    assert zsh(line, autoloaded=False)[0] == replies
