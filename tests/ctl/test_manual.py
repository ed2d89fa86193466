# SPDX-License-Identifier: BSD-2-Clause
"""The manual pages say what the programs know: every verb, every option, every setting."""
import pathlib
import re

import pytest

from conftest import run

ROOT = pathlib.Path(__file__).parents[2]
MAN = ROOT / "packaging/man"
FAMILIES = ["lb", "listener", "group", "backend", "instance", "tag", "region", "datapath",
            "completion", "flows"]


def items(page):
    """The headings of a page's lists, as plain words."""
    text = (MAN / page).read_text()
    lines = [line[4:] for line in text.splitlines() if line.startswith(".It ")]
    return [re.sub(r"\b(Cm|Ar|Oo|Oc|Op|No|Fl|Ns) |[ ,]*\bOc\b", "", line).replace(r"\(dq", '"')
            for line in lines]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_verb_is_in_the_manual(family):
    listed = re.findall(r"^  (?!sluicectl )([a-z-]+)", run(family, "--help").out, re.MULTILINE)
    described = [item.split()[1] for item in items("sluicectl.8")
                 if item.split()[0] == family and len(item.split()) > 1]
    assert described == listed


def test_every_option_is_in_the_manual():
    options = set(re.findall(r" --([a-z-]+)", run("--help").out.split("Commands:")[0]))
    described = set(re.findall(r" -([a-z-]{3,})", " " + " ".join(
        item for item in items("sluicectl.8") if "-" in item and item.split()[0] not in FAMILIES)))
    assert described == options


def settings():
    """Key and default, as the annotated configuration file has them."""
    text = (ROOT / "packaging/sluiced.conf").read_text()
    return re.findall(r"^\t?#([a-z_]+ = .*;)$", text, re.MULTILINE)


def test_every_setting_is_in_the_manual_with_its_default():
    assert len(settings()) > 30
    assert sorted(item for item in items("sluiced.conf.5") if " = " in item) == sorted(settings())
