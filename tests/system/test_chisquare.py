# SPDX-License-Identifier: BSD-2-Clause
"""The statistic that other tests judge with."""
import pytest

from lab.chisquare import agrees, survival

# From the usual tables.
TABLE = [(3.841, 1, 0.05), (15.137, 1, 1e-4), (5.991, 2, 0.05), (18.421, 2, 1e-4),
         (11.345, 3, 0.01), (21.108, 3, 1e-4), (18.307, 10, 0.05), (0.0, 1, 1.0)]


@pytest.mark.parametrize("x, degrees, p", TABLE)
def test_survival(x, degrees, p):
    assert survival(x, degrees) == pytest.approx(p, rel=2e-3)


def test_verdicts():
    assert agrees({"b1": 2010, "b2": 990}, {"b1": 100, "b2": 50, "b3": 0})
    assert not agrees({"b1": 2010, "b2": 990}, {"b1": 100, "b2": 80, "b3": 0})
    assert not agrees({"b1": 2000, "b2": 999, "b3": 1}, {"b1": 100, "b2": 50, "b3": 0})
    assert not agrees({"b1": 1000, "b2": 1000}, {"b1": 100, "b2": 100, "b3": 100})
