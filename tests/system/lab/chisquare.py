# SPDX-License-Identifier: BSD-2-Clause
"""Whether counts agree with weights: Pearson's chi-square, at p = 10^-4."""
import math

LIMIT = 1e-4


def survival(x, degrees):
    """P(chi-square with so many degrees of freedom > x).

    The regularized upper gamma function of degrees/2 and x/2, by its recurrence in whole steps.
    """
    half = x / 2
    value = math.erfc(math.sqrt(half)) if degrees % 2 else math.exp(-half)
    a = 0.5 if degrees % 2 else 1.0
    while a < degrees / 2:
        if half > 0:
            value += math.exp(a * math.log(half) - half - math.lgamma(a + 1))
        a += 1
    return value


def agreement(counts, weights):
    """The p-value of the counts under the weights, both by name; 0.0 if a zero weight has any."""
    if any(n for name, n in counts.items() if not weights.get(name)):
        return 0.0
    positive = {name: w for name, w in weights.items() if w}
    total = sum(counts.values())
    statistic = 0.0
    for name, weight in positive.items():
        expected = total * weight / sum(positive.values())
        statistic += (counts.get(name, 0) - expected) ** 2 / expected
    return survival(statistic, len(positive) - 1) if len(positive) > 1 else 1.0


def agrees(counts, weights):
    return agreement(counts, weights) >= LIMIT
