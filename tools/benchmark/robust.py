"""Statistics that a few bad rounds can not move: medians, and rules that are stated."""

import math
import statistics

# Two revisions differ if both hold: their medians are further apart than three times the larger
# median absolute deviation, and rounds in pairs point the same way too often for chance.
DEVIATIONS = 3.0
CHANCE = 0.05


def median(values):
    """None if there are none, or one of them is None."""
    values = list(values)
    if not values or None in values:
        return None
    return statistics.median(values)


def deviation(values):
    """Median absolute deviation; None as median() is."""
    values = list(values)
    middle = median(values)
    return None if middle is None else median([abs(value - middle) for value in values])


def sign_test(differences):
    """How likely signs as uneven as these are if both signs are equally likely, two-sided. Zeros
    say nothing and are left out."""
    signs = [difference > 0 for difference in differences if difference != 0]
    rarer = min(signs.count(True), signs.count(False))
    ways = sum(math.comb(len(signs), k) for k in range(rarer + 1))
    return min(1.0, 2 * ways / 2 ** len(signs))


def compare(old, new):
    """Judges two lists of equal length whose elements were measured in pairs: a dictionary of the
    medians, their ratio, the chance by the sign test, and whether they differ."""
    medians = median(old), median(new)
    noise = max(deviation(old), deviation(new))
    chance = sign_test([b - a for a, b in zip(old, new)])
    apart = abs(medians[1] - medians[0]) > DEVIATIONS * noise
    return {
        "old": medians[0],
        "new": medians[1],
        "deviation": noise,
        "ratio": median([b / a for a, b in zip(old, new)]),
        "chance": chance,
        "differs": apart and chance < CHANCE,
    }


def fewest_pairs():
    """Rounds below which the sign test can not speak, however clear they are."""
    pairs = 1
    while sign_test([1] * pairs) >= CHANCE:
        pairs += 1
    return pairs
