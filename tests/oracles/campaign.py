"""Reckons a campaign's arms and lift anew, from its salt, its audit and the orders.

Usage: python campaign.py FILE        prints JSON

Plain Python: the arms by SHA-256, Newcombe's interval by Wilson's roots, Welch's with Student's t integrated by Simpson's
rule. Nothing of Fanvine's.
"""

import hashlib
import json
import math
import statistics
import sys

told = json.load(open(sys.argv[1]))
Z = statistics.NormalDist().inv_cdf(0.975)


def arm(person):
    digest = hashlib.sha256(f"{told['salt']}/{person}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") % 10_000
    return "held_out" if place < told["holdout_basis_points"] else "treated"


rows = {row["shopper_key"]: row for row in told["assignments"]}
for row in rows.values():
    # Whoever was joined to somebody later keeps what stood: the arm of the person they were assigned as.
    assert row["arm"] == arm(row["person_key"]) or any(row["shopper_key"] in keys for keys in told["one_person"]), row

people = {}
for keys in told["one_person"]:
    known = sorted((rows[key] for key in keys if key in rows), key=lambda row: (row["assigned_at"], row["shopper_key"]))
    for key in keys:
        people[key] = (keys[0], known[0]["arm"])
for key, row in rows.items():
    people.setdefault(key, (key, row["arm"]))

bought = {person: [the_arm, 0, 0] for person, the_arm in people.values()}
for order in told["orders"]:
    one = bought[people[order["shopper_key"]][0]]
    one[1] += 1
    one[2] += order["revenue_minor"]


def t_quantile(degrees):
    """The 97.5 % quantile, where the integral of the density from 0 is 0.475."""
    scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)
    density = lambda t: scale * (1 + t * t / degrees) ** (-(degrees + 1) / 2)

    def below(t, steps=4_000):
        width = t / steps
        inner = sum((4 if step % 2 else 2) * density(step * width) for step in range(1, steps))
        return width / 3 * (density(0) + inner + density(t))

    low, high = 0.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < 0.475 else (low, middle)
    return (low + high) / 2


def welch(one, other):
    a, b = statistics.variance(one) / len(one), statistics.variance(other) / len(other)
    difference = statistics.fmean(one) - statistics.fmean(other)
    half = t_quantile((a + b) ** 2 / (a**2 / (len(one) - 1) + b**2 / (len(other) - 1))) * math.sqrt(a + b)
    return {"estimate": difference, "low": difference - half, "high": difference + half}


def wilson(x, n):
    middle, half = x / n + Z * Z / (2 * n), Z * math.sqrt(x / n * (1 - x / n) / n + (Z / (2 * n)) ** 2)
    return (middle - half) / (1 + Z * Z / n), (middle + half) / (1 + Z * Z / n)


def newcombe(x, n, y, m):
    (low, high), (other_low, other_high) = wilson(x, n), wilson(y, m)
    p, q = x / n, y / m
    return {
        "estimate": p - q,
        "low": p - q - math.sqrt((p - low) ** 2 + (other_high - q) ** 2),
        "high": p - q + math.sqrt((high - p) ** 2 + (q - other_low) ** 2),
    }


arms = {name: [one for one in bought.values() if one[0] == name] for name in ("treated", "held_out")}
summed = {
    name: {
        "people": len(ones),
        "buyers": sum(1 for one in ones if one[1]),
        "orders": sum(one[1] for one in ones),
        "revenue_minor": sum(one[2] for one in ones),
    }
    for name, ones in arms.items()
}
revenue = welch(*([one[2] for one in arms[name]] for name in ("treated", "held_out")))
orders = welch(*([one[1] for one in arms[name]] for name in ("treated", "held_out")))
treated, held_out = summed["treated"], summed["held_out"]
scaled = lambda interval, by: {end: value * by for end, value in interval.items()}
incremental = scaled(revenue, treated["people"])
print(
    json.dumps(
        summed
        | {
            "lift": {
                "revenue_per_person": revenue,
                "orders_per_person": orders,
                "conversion": newcombe(
                    treated["buyers"], treated["people"], held_out["buyers"], held_out["people"]
                ),
                "incremental_revenue_minor": incremental,
                "incremental_orders": scaled(orders, treated["people"]),
                "roi": {
                    end: (value - told["cost_minor"]) / told["cost_minor"] for end, value in incremental.items()
                },
            }
        }
    )
)
