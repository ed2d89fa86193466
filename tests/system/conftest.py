# SPDX-License-Identifier: BSD-2-Clause
"""The fixture that all system tests share, and what they cannot run without."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from lab.lab import Lab  # noqa: E402

SKIPPED = 77  # what ctest takes for "skipped"
CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21, "CAP_PERFMON": 38, "CAP_BPF": 39}


def pytest_sessionstart():
    status = pathlib.Path("/proc/self/status").read_text()
    held = int(next(line.split()[1] for line in status.splitlines()
                    if line.startswith("CapEff:")), 16)
    missing = [name for name, bit in CAPABILITIES.items() if not held >> bit & 1]
    if missing:
        pytest.exit(f"skipped: needs {', '.join(missing)}", returncode=SKIPPED)


@pytest.fixture(scope="module")
def lab(request):
    """A topology with the daemon running; a module may set ONE_ARMED, BACKENDS and CONFIG."""
    options = {name.lower(): getattr(request.module, name)
               for name in ("ONE_ARMED", "BACKENDS", "CONFIG") if hasattr(request.module, name)}
    with Lab(**options) as lab:
        yield lab


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failure shows the daemon's log."""
    report = (yield).get_result()
    lab = getattr(item, "funcargs", {}).get("lab")
    if report.failed and lab is not None:
        report.sections.append(("sluiced", lab.daemon.logged()[-8000:]))
