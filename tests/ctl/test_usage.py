# SPDX-License-Identifier: BSD-2-Clause
"""Help and usage, exit codes 2 and 4: no daemon is needed for any of it."""
import pytest

from conftest import run

NOWHERE = "/nonexistent/api.sock"
VERBS = {
    "lb": ["create", "delete", "list", "show", "set-status", "set-name", "set-delete-protection",
           "set-modification-protection", "set-spec", "set-internet", "set-charge", "set-pay"],
    "listener": ["create", "set", "start", "stop", "delete", "list", "show"],
    "group": ["create", "add", "set", "set-name", "remove", "modify", "delete", "list", "show"],
    "backend": ["add", "set", "remove", "list"],
    "instance": ["register", "set-status", "deregister", "list"],
    "tag": ["set", "remove", "clear", "list"],
    "region": ["list", "zones"],
    "datapath": ["status", "bypass", "detach", "flush"],
    "completion": ["bash", "zsh", "words"],
    "flows": ["list", "kill"],
}
WITHOUT_VERBS = ["health", "status", "stats", "export", "diff", "apply", "api"]


@pytest.mark.parametrize("arguments, says", [
    ([], "a command is missing"),
    (["frob"], "'frob' is no command\n"),
    (["lisener"], "'lisener' is no command; did you mean `listener'?"),
    (["lb", "shwo"], "'shwo' is no verb here; did you mean `lb show'?"),
    (["lb", "rm"], "'rm' is no verb here\n"),
    (["apply"], "-f FILE is missing"),
    (["tag", "set", "web"], "KEY=VALUE... is missing"),
    (["lb"], "a verb is missing"),
    (["lb", "frob"], "'frob' is no verb here"),
    (["--frob"], "unrecognized option '--frob'"),
    (["-o", "xml", "lb", "list"], "'xml' is no output format"),
    (["lb", "show"], "LB is missing"),
    (["lb", "show", "lb-1", "lb-2"], "'lb-2' is one argument too many"),
    (["listener", "create", "lb-1", "80"], "tcp|udp is missing"),
    (["listener", "create", "lb-1", "tcp"], "PORT is missing"),
    (["listener", "start", "lb-1", "tcp", "udp", "80"], "'80' is one argument too many"),
    (["backend", "add", "lb-1"], "SERVER... is missing"),
    (["backend", "add", "lb-1", "web1,wieght=0"], "'wieght' is no key of a server"),
    (["backend", "add", "lb-1", "web1,50"], "'50': key=value is expected"),
    (["backend", "add", "lb-1", "web1,weight=1,Weight=2"], "given twice"),
    (["lb", "show", "lb-1", "--json", "[]"], "--json belongs to"),
    (["instance", "register", "web1"], "ADDRESS... is missing"),
    (["api"], "ACTION is missing"),
    (["lb", "create", "--Bandwidth"], "--Bandwidth lacks its value"),
    (["flows", "frob"], "'frob' is no verb here"),
    (["flows", "list", "frob"], "'frob' is no filter of flows"),
    (["flows", "colour=red"], "'colour' is no filter of flows"),
    (["flows", "client=10.0.0.300"], "client=10.0.0.300: an address"),
    (["flows", "client=10.0.0.0/33"], "client=10.0.0.0/33: an address"),
    (["flows", "client=10.0.0.0/"], "client=10.0.0.0/: an address"),
    (["flows", "vip=10.0.0.1:0"], "vip=10.0.0.1:0: an address"),
    (["flows", "vip=10.0.0.1:65536"], "vip=10.0.0.1:65536: an address"),
    (["flows", "backend=:"], "backend=:: an address"),
    (["flows", "protocol=icmp"], "protocol=icmp: tcp or udp"),
    (["flows", "state=open"], "state=open: states"),
    (["flows", "state=established,"], "state=established,: states"),
    (["flows", "limit=many"], "limit=many: a number"),
    (["flows", "kill"], "is missing"),
    (["flows", "kill", "limit=3"], "'limit' is no filter"),
    (["datapath", "flush", "-5"], "invalid option"),
    (["datapath", "flush", "5x"], "SECONDS is a number"),
    (["datapath", "flush", "86401"], "SECONDS is a number"),
])
def test_usage_errors(arguments, says):
    done = run("--socket", NOWHERE, *arguments)
    assert done.code == 2
    assert says in done.err
    assert done.out == ""


def test_top_level_help_lists_every_family():
    done = run("--help")
    assert done.code == 0 and done.err == ""
    for family in [*VERBS, *WITHOUT_VERBS]:
        assert f"\n  {family} " in done.out


@pytest.mark.parametrize("family", VERBS)
def test_family_help_lists_every_verb(family):
    done = run(family, "--help")
    assert done.code == 0
    listed = [words[0] for line, words in zip(done.out.splitlines(), done.lines)
              if line.startswith("  ") and not line.startswith(("   ", "  sluicectl "))]
    assert listed == VERBS[family]


def test_help_has_examples_at_every_level():
    levels = [[], *([family] for family in [*VERBS, *WITHOUT_VERBS]),
              *([family, verb] for family, verbs in VERBS.items() for verb in verbs)]
    for level in levels:
        done = run("--socket", NOWHERE, *level, "-h")
        assert done.code == 0, level
        assert "\nExamples:\n  sluicectl " + " ".join(level) in done.out, level


def test_an_unknown_action_is_told_with_its_neighbour(ctl, responder):
    responder.answers["DescribeZone"] = (404, {"Code": "InvalidAction.NotFound", "Message": "m"})
    responder.answers["DescribeActions"] = {"Actions": {"Action": [
        {"Name": "DescribeRegions"}, {"Name": "DescribeZones"}]}}
    done = ctl("api", "DescribeZone")
    assert done.code == 1 and done.err.endswith("Did you mean `DescribeZones'?\n")


def test_verb_help_without_a_daemon():
    done = run("--socket", NOWHERE, "listener", "create", "--help")
    assert done.code == 0
    assert "Usage: sluicectl listener create LB tcp|udp PORT [BACKEND_PORT]" in done.out
    assert "CreateLoadBalancerTCPListener" in done.out
    assert "CreateLoadBalancerUDPListener" in done.out
    assert NOWHERE in done.out


def test_verb_help_shows_the_daemons_parameters(ctl, responder):
    responder.answers["DescribeActions"] = {"Actions": {"Action": [{
        "Name": "CreateLoadBalancer", "Summary": "", "ReadOnly": False,
        "Parameters": {"Parameter": [{"Name": "VSwitchId", "Type": "string", "Required": False,
                                      "List": False, "Summary": "pool of the VIP"}]}}]}}
    done = ctl("lb", "create", "--help")
    assert done.code == 0
    assert ["VSwitchId", "string", "no", "no", "pool", "of", "the", "VIP"] in done.lines
    assert responder.asked[0]["ActionName"] == "CreateLoadBalancer"


def test_version():
    done = run("--version")
    assert done.code == 0
    assert done.out.startswith("sluicectl ")


def test_no_daemon_names_the_socket(tmp_path):
    done = run("--socket", NOWHERE, "lb", "list")
    assert done.code == 4
    assert NOWHERE in done.err and "No such file" in done.err
    assert len(done.err.splitlines()) == 1


def test_a_socket_nobody_listens_on(responder):
    responder.end()
    done = run("--socket", responder.path, "lb", "list")
    assert done.code == 4
    assert responder.path in done.err and "refused" in done.err


def test_the_environment_names_the_socket_and_the_option_wins(responder):
    assert run("status", SLUICE_SOCKET=responder.path).code == 0
    assert run("status", SLUICE_SOCKET=NOWHERE).code == 4
    assert run("--socket", responder.path, "status", SLUICE_SOCKET=NOWHERE).code == 0


def test_a_proxy_is_not_used(ctl):
    assert ctl("status", http_proxy="http://127.0.0.1:1", all_proxy="http://127.0.0.1:1").code == 0


def test_a_full_disk_is_not_success():
    with open("/dev/full", "w") as full:
        done = run("--help", stdout=full)
    assert done.code == 1 and "No space left" in done.err
