"""The same questions for Polars, over a frame sorted by shopper and second."""

import polars as pl

import data
from questions import FUNNEL_3, FUNNEL_10, GAP_S, LAST_DAY, MONTH, PATH, WEEK

DAY = (pl.col("ts") - data.START) // 86_400


def funnel(events, steps, within):
    frame = events.filter(pl.col("event").is_in(steps)).select("shopper", "ts", "event")
    frame = frame.with_columns(pl.when(pl.col("event") == steps[0]).then(pl.col("ts")).alias("b1"))
    for place, step in enumerate(steps[1:], start=2):
        begun = pl.col(f"b{place - 1}").forward_fill().over("shopper")
        frame = frame.with_columns(begun.alias("w")).with_columns(
            pl.when((pl.col("event") == step) & (pl.col("ts") - pl.col("w") <= within)).then(pl.col("w")).alias(f"b{place}")
        )
    reached = [
        pl.col("shopper").filter(pl.col(f"b{place}").is_not_null()).n_unique().alias(f"r{place}")
        for place in range(1, len(steps) + 1)
    ]
    return frame.select(reached)


def retention(events):
    days = events.select("shopper", DAY.alias("day")).unique()
    firsts = days.group_by("shopper").agg(pl.col("day").min().alias("first"))
    after = (pl.col("day") - pl.col("first")).alias("after")
    joined = days.join(firsts, on="shopper").select("first", after).filter(pl.col("after").is_between(1, 30))
    return joined.group_by("first", "after").len().sort("first", "after")


def segment(events):
    def count(name, days=None):
        chosen = pl.col("event") == name
        return (chosen if days is None else chosen & (pl.col("ts") >= LAST_DAY - days * 86_400)).sum()

    clauses = events.group_by("shopper").agg(
        (count("Product Viewed", 30) >= 5)
        & (count("Product Added", 30) >= 1)
        & (count("Products Searched", 14) >= 1)
        & (count("Product Shared") >= 1)
        & (count("Order Completed", 60) == 0)
    )
    return clauses.select(pl.nth(1).sum())


def paths(events):
    gap = (pl.col("ts") - pl.col("ts").shift(1).over("shopper")) >= GAP_S
    frame = events.select("shopper", "ts", "event", gap.fill_null(True).alias("opens"))
    frame = frame.with_columns(pl.col("opens").cum_sum().alias("session"))
    frame = frame.filter(pl.col("opens") | (pl.col("event") != pl.col("event").shift(1)))
    path = pl.col("event").cast(pl.String).head(PATH).str.join(" > ")
    sessions = frame.group_by("session", maintain_order=True).agg(path.alias("path"))
    return sessions.group_by("path").len().sort(["len", "path"], descending=[True, False]).head(20)


POLARS = {
    "3-step funnel": lambda events: funnel(events, FUNNEL_3, WEEK),
    "10-step funnel": lambda events: funnel(events, FUNNEL_10, MONTH),
    "30-day retention": retention,
    "DAU over 90 days": lambda events: events.group_by(DAY.alias("day")).agg(pl.col("shopper").n_unique()).sort("day"),
    "revenue by category by day": lambda events: events.filter(pl.col("event") == "Order Completed")
    .group_by(DAY.alias("day"), "category")
    .agg(pl.col("revenue_minor").sum())
    .sort("day", "category"),
    "segment of 5 clauses": segment,
    "top paths": paths,
}
