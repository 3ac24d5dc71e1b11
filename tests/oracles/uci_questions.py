"""Answers questions about the UCI Online Retail file by other means than Fanvine: DuckDB reads it, plain loops count.

Usage: python uci_questions.py online_retail_full.parquet        prints JSON, amounts in pence

Sales are as in uci.py. Customers are those with a number; an order is at the earliest moment of its lines. The file's
clock is London's: an hour ahead from the last Sunday of March to the last of October, at one o'clock Greenwich time.
"""

import json
import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import combinations

import duckdb

MONTH_S = 30 * 86_400
LEAST = 400

db = duckdb.connect()
db.execute(
    """
    CREATE TABLE sales AS
    SELECT InvoiceNo AS invoice, StockCode AS product, CustomerID AS customer, InvoiceDate AS moment,
           CAST(round(abs(CAST(UnitPrice AS DECIMAL(18, 3)) * Quantity) * 100, 0) AS BIGINT) AS worth
    FROM read_parquet($1) WHERE Quantity > 0 AND UnitPrice > 0 AND NOT starts_with(InvoiceNo, 'C')
    """,
    [sys.argv[1]],
)
orders = db.execute(
    """
    SELECT any_value(customer), min(moment), strftime(min(moment), '%Y-%m-01'), CAST(sum(worth) AS BIGINT)
    FROM sales GROUP BY invoice ORDER BY 2
    """
).fetchall()


def greenwich_s(london):
    """Seconds from the first of January 1970 in Greenwich to what London's clock reads."""

    def last_sunday(month):
        day = datetime(london.year, month, 31, 1)
        return day - timedelta(days=(day.weekday() + 1) % 7)

    summer = last_sunday(3) <= london - timedelta(hours=1) < last_sunday(10)
    return int((london - timedelta(hours=summer) - datetime(1970, 1, 1)).total_seconds())


of_customer = defaultdict(list)
for customer, at, month, worth in orders:
    if customer is not None:
        of_customer[customer].append((greenwich_s(at), month, worth))
months = sorted({month for _, _, month, _ in orders})

# Active: who ordered in a month, who of them for the first time, who had the month before, who had not.
came = {month: {c for c, all in of_customer.items() if any(m == month for _, m, _ in all)} for month in months}
active, seen, before = [], set(), set()
for month in months:
    now = came[month]
    active.append(
        {
            "start": month,
            "active": len(now),
            "new": len(now - seen),
            "returning": len(now & before),
            "resurrected": len((now & seen) - before),
            "dormant": len(before - now),
        }
    )
    seen, before = seen | now, now

# Retention: by the month of the first order; in that month itself, another order after it.
cohorts = []
for place, month in enumerate(months):
    members = [c for c, all in of_customer.items() if all[0][1] == month]
    again = sum(1 for c in members if sum(1 for _, m, _ in of_customer[c] if m == month) > 1)
    returned = [again] + [sum(1 for c in members if c in came[later]) for later in months[place + 1 :]]
    cohorts.append({"start": month, "shoppers": len(members), "returned": returned})

# From order to order within thirty days: customers, and every entry.
twice = sum(1 for all in of_customer.values() if any(b[0] - a[0] <= MONTH_S for a, b in zip(all, all[1:])))
entries = [0, 0]
for all in of_customer.values():
    place = 0
    while place < len(all):
        begin = all[place][0]
        entries[0] += 1
        end = begin + MONTH_S
        if place + 1 < len(all) and all[place + 1][0] <= end:
            entries[1] += 1
            end = all[place + 1][0]
        while place < len(all) and all[place][0] <= end:
            place += 1
# Sessions: orders of a customer less than half an hour apart are one.
sessions = sum(1 + sum(1 for a, b in zip(all, all[1:]) if b[0] - a[0] >= 1_800) for all in of_customer.values())

# What is bought together, by pairs.
baskets = [set(row[0]) for row in db.execute("SELECT list(DISTINCT product) FROM sales GROUP BY invoice").fetchall()]
single = Counter(product for basket in baskets for product in basket)
frequent = {product for product, count in single.items() if count >= LEAST}
pairs = Counter(pair for basket in baskets for pair in combinations(sorted(basket & frequent), 2))
rules = [
    {"with": a, "also": b, "orders": count, "confidence": count / single[a]}
    for pair, count in pairs.items()
    if count >= LEAST
    for a, b in (pair, pair[::-1])
    if count / single[a] >= 0.1
]

november = [one for one in orders if one[2] == "2011-11-01"]
buyers = {customer for customer, *_ in november if customer is not None}
print(
    json.dumps(
        {
            "months": months,
            "active": active,
            "cohorts": cohorts,
            "customers": len(of_customer),
            "twice": twice,
            "entries": entries,
            "ordered_again": sum(1 for all in of_customer.values() if len(all) > 1),
            "sessions": sessions,
            "orders": len(orders),
            "revenue_minor": sum(worth for *_, worth in orders),
            "revenue_by_month": [sum(worth for _, _, one, worth in orders if one == month) for month in months],
            "least_orders": LEAST,
            "rules": sorted(rules, key=lambda rule: (-rule["orders"], rule["with"], rule["also"])),
            "november": {
                "gmv": sum(worth for *_, worth in november),
                "orders": len(november),
                "buyers": len(buyers),
                "new_buyers": sum(1 for c in buyers if of_customer[c][0][1] == "2011-11-01"),
            },
        }
    )
)
