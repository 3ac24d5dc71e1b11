"""The questions of the analytics benchmark: as each engine's best SQL, and as ours.

Every engine answers a question with the same plain rows, so that answers are compared before times are.
"""

import data

WEEK, MONTH = 7 * 86_400, 30 * 86_400
FUNNEL_3 = ["Product Viewed", "Product Added", "Order Completed"]
FUNNEL_10 = [
    "Page Viewed", "Products Searched", "Product Viewed", "Product Added to Wishlist", "Product Shared",
    "Share Opened", "Product Added", "Coupon Applied", "Checkout Started", "Order Completed",
]
LAST_DAY = data.START + data.DAYS * 86_400
GAP_S, PATH = 1_800, 5


def funnel_by_windows(steps, within):
    """An ordered funnel as nested window functions: of all chains that wait, the one that began last gets furthest."""
    first, rest = steps[0], steps[1:]
    begins = f"CASE WHEN event = '{first}' THEN ts END AS b1"
    level = f"SELECT shopper, ts, event, {begins} FROM events WHERE event IN ({listed(steps)})"
    for place, step in enumerate(rest, start=2):
        begun = f"last_value(b{place - 1} IGNORE NULLS) OVER (PARTITION BY shopper ORDER BY ts)"
        held = ", ".join(f"b{known}" for known in range(1, place))
        reached = f"CASE WHEN event = '{step}' AND ts - w <= {within} THEN w END AS b{place}"
        inner = f"SELECT shopper, ts, event, {held}, {begun} AS w FROM ({level})"
        level = f"SELECT shopper, ts, event, {held}, {reached} FROM ({inner})"
    counts = ", ".join(f"count(DISTINCT CASE WHEN b{place} IS NOT NULL THEN shopper END)" for place in range(1, len(steps) + 1))
    return f"SELECT {counts} FROM ({level})"


def funnel_clickhouse(steps, within):
    conditions = ", ".join(f"event = '{step}'" for step in steps)
    reached = ", ".join(f"countIf(level >= {place})" for place in range(1, len(steps) + 1))
    return (
        f"SELECT {reached} FROM (SELECT windowFunnel({within})(ts, {conditions}) AS level FROM events "
        f"WHERE event IN ({listed(steps)}) GROUP BY shopper)"
    )


def listed(names):
    return ", ".join(f"'{name}'" for name in names)


def segment_sql(count_if):
    """Viewed often lately, added, searched, shared sometime, and bought nothing for sixty days."""
    day = 86_400
    clauses = [
        count_if(f"event = 'Product Viewed' AND ts >= {LAST_DAY - 30 * day}") + " >= 5",
        count_if(f"event = 'Product Added' AND ts >= {LAST_DAY - 30 * day}") + " >= 1",
        count_if(f"event = 'Products Searched' AND ts >= {LAST_DAY - 14 * day}") + " >= 1",
        count_if("event = 'Product Shared'") + " >= 1",
        count_if(f"event = 'Order Completed' AND ts >= {LAST_DAY - 60 * day}") + " = 0",
    ]
    return f"SELECT count(*) FROM (SELECT shopper FROM events GROUP BY shopper HAVING {' AND '.join(clauses)}) s"


DUCKDB = {
    "3-step funnel": funnel_by_windows(FUNNEL_3, WEEK),
    "10-step funnel": funnel_by_windows(FUNNEL_10, MONTH),
    "30-day retention": f"""
        WITH days AS (SELECT DISTINCT shopper, (ts - {data.START}) // 86400 AS day FROM events),
             firsts AS (SELECT shopper, min(day) AS first FROM days GROUP BY shopper)
        SELECT first, day - first AS after, count(*) FROM days JOIN firsts USING (shopper)
        WHERE day - first BETWEEN 1 AND 30 GROUP BY 1, 2 ORDER BY 1, 2""",
    "DAU over 90 days": f"SELECT (ts - {data.START}) // 86400, count(DISTINCT shopper) FROM events GROUP BY 1 ORDER BY 1",
    "revenue by category by day": f"""
        SELECT (ts - {data.START}) // 86400, category, sum(revenue_minor) FROM events
        WHERE event = 'Order Completed' GROUP BY 1, 2 ORDER BY 1, 2""",
    "segment of 5 clauses": segment_sql(lambda condition: f"count(*) FILTER (WHERE {condition})"),
    "top paths": f"""
        WITH marked AS (
            SELECT shopper, ts, event, ts - lag(ts) OVER w AS gap, lag(event) OVER w AS before
            FROM events WINDOW w AS (PARTITION BY shopper ORDER BY ts)),
        sessions AS (
            SELECT shopper, ts, event, coalesce(gap >= {GAP_S}, true) AS opens, before,
                   sum(CASE WHEN coalesce(gap >= {GAP_S}, true) THEN 1 ELSE 0 END) OVER (PARTITION BY shopper ORDER BY ts) AS session
            FROM marked),
        folded AS (SELECT shopper, session, ts, event FROM sessions WHERE opens OR event <> before),
        paths AS (SELECT list(event ORDER BY ts)[1:{PATH}] AS path FROM folded GROUP BY shopper, session)
        SELECT array_to_string(path, ' > '), count(*) FROM paths GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20""",
}

CLICKHOUSE = {
    "3-step funnel": funnel_clickhouse(FUNNEL_3, WEEK),
    "10-step funnel": funnel_clickhouse(FUNNEL_10, MONTH),
    "30-day retention": f"""
        SELECT first, day - first AS after, count() FROM (
            SELECT groupUniqArray(toInt32(intDiv(ts - {data.START}, 86400))) AS days, arrayMin(days) AS first FROM events GROUP BY shopper)
        ARRAY JOIN days AS day WHERE after BETWEEN 1 AND 30 GROUP BY 1, 2 ORDER BY 1, 2""",
    "DAU over 90 days": f"SELECT intDiv(ts - {data.START}, 86400) AS day, uniqExact(shopper) FROM events GROUP BY day ORDER BY day",
    "revenue by category by day": f"""
        SELECT intDiv(ts - {data.START}, 86400) AS day, category, sum(revenue_minor) FROM events
        WHERE event = 'Order Completed' GROUP BY day, category ORDER BY day, category""",
    "segment of 5 clauses": segment_sql(lambda condition: f"countIf({condition})"),
    "top paths": f"""
        SELECT arrayStringConcat(path, ' > ') AS shown, count() AS taken FROM (
            SELECT arraySort(tuple -> tuple.1, groupArray((ts, event))) AS events,
                   arraySplit((tuple, gap) -> gap >= {GAP_S}, events,
                              arrayDifference(arrayMap(tuple -> toInt64(tuple.1), events))) AS split
            FROM events GROUP BY shopper)
        ARRAY JOIN arrayMap(one -> arraySlice(arrayMap(tuple -> toString(tuple.2),
                   arrayFilter((tuple, place) -> place = 1 OR one[place - 1].2 <> tuple.2, one, arrayEnumerate(one))), 1, {PATH}), split) AS path
        GROUP BY shown ORDER BY taken DESC, shown LIMIT 20""",
}
