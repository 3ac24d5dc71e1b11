"""Works out from the UCI Online Retail file, with DuckDB, what Fanvine must show after importing it.

Usage: python uci.py online_retail_full.parquet        prints JSON, amounts in pence

A sale is a line with a positive quantity and price; its order is its invoice. What is taken back is a cancelling invoice
(its number begins with C) or a negative price. Each line is rounded to the penny, half away from zero.
"""

import json
import sys

import duckdb

db = duckdb.connect()
db.execute(
    """
    CREATE TABLE lines AS
    SELECT InvoiceNo AS invoice, StockCode AS product, Quantity AS quantity, CustomerID AS customer, InvoiceDate AS moment,
           CAST(round(abs(CAST(UnitPrice AS DECIMAL(18, 3)) * Quantity) * 100, 0) AS BIGINT) AS worth,
           CASE WHEN UnitPrice = 0 OR (Quantity < 0 AND NOT starts_with(InvoiceNo, 'C')) THEN 'skipped'
                WHEN starts_with(InvoiceNo, 'C') OR UnitPrice < 0 THEN 'refund' ELSE 'sale' END AS kind
    FROM read_parquet($1)
    """,
    [sys.argv[1]],
)


def rows(query):
    return db.execute(query).fetchall()


def one(query):
    return rows(query)[0][0]


revenue = one("SELECT sum(worth) FROM lines WHERE kind = 'sale'")
refunded = abs(one("SELECT sum(worth) FROM lines WHERE kind = 'refund'"))
orders = one("SELECT count(DISTINCT invoice) FROM lines WHERE kind = 'sale'")
months = rows(
    """
    WITH sales AS (SELECT invoice, min(moment) AS moment, sum(worth) AS worth FROM lines WHERE kind = 'sale' GROUP BY 1),
         backs AS (SELECT invoice, min(moment) AS moment, sum(worth) AS worth FROM lines WHERE kind = 'refund' GROUP BY 1),
         both_kinds AS (SELECT moment, worth, 1 AS orders FROM sales UNION ALL SELECT moment, -worth, 0 FROM backs)
    SELECT CAST(date_trunc('month', moment) AS DATE), CAST(sum(worth) AS BIGINT), CAST(sum(orders) AS BIGINT)
    FROM both_kinds GROUP BY 1 ORDER BY 1
    """
)
top = rows(
    """
    SELECT product, CAST(sum(worth) AS BIGINT), CAST(sum(quantity) AS BIGINT), count(DISTINCT invoice)
    FROM lines WHERE kind = 'sale' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5
    """
)
buyers = one("SELECT count(DISTINCT customer) FROM lines WHERE kind = 'sale'")
# Buyers by limits of our own, as of the last day: days since the last order at most 180, 90, 60, 30 for the scores 2 to 5,
# and orders at least 2, 3, 5, 8.
matrix = rows(
    """
    WITH buyers AS (
        SELECT customer, date_diff('day', CAST(max(moment) AS DATE), DATE '2011-12-09') AS days,
               count(DISTINCT invoice) AS orders
        FROM lines WHERE kind = 'sale' AND customer IS NOT NULL GROUP BY 1
    )
    SELECT 1 + (days <= 180)::INT + (days <= 90)::INT + (days <= 60)::INT + (days <= 30)::INT AS recency,
           1 + (orders >= 2)::INT + (orders >= 3)::INT + (orders >= 5)::INT + (orders >= 8)::INT AS frequency,
           count(*), CAST(sum(orders) AS BIGINT)
    FROM buyers GROUP BY 1, 2
    """
)
print(
    json.dumps(
        {
            "rfm": {
                "as_of": "2011-12-09",
                "recency_cuts": "180,90,60,30",
                "frequency_cuts": "2,3,5,8",
                "buyers": sum(buyers for _, _, buyers, _ in matrix),
                "cells": [
                    {"recency": recency, "frequency": frequency, "buyers": buyers, "orders": orders}
                    for recency, frequency, buyers, orders in matrix
                ],
            },
            "from": "2010-12-01",
            "to": "2011-12-09",
            "currency": "GBP",
            "rows": one("SELECT count(*) FROM lines"),
            "rows_skipped": one("SELECT count(*) FROM lines WHERE kind = 'skipped'"),
            "order_lines": one("SELECT count(*) FROM lines WHERE kind = 'sale'"),
            "units": one("SELECT CAST(sum(quantity) AS BIGINT) FROM lines WHERE kind = 'sale'"),
            "orders": orders,
            "refunds": one("SELECT count(DISTINCT invoice) FROM lines WHERE kind = 'refund'"),
            "revenue_minor": int(revenue),
            "refunded_minor": int(refunded),
            "net_revenue_minor": int(revenue - refunded),
            "average_order_minor": int((2 * revenue + orders) // (2 * orders)),
            "customers_ever": one("SELECT count(DISTINCT customer) FROM lines WHERE kind <> 'skipped'"),
            "active_shoppers": buyers,
            "new_shoppers": buyers,
            "returning_shoppers": 0,
            "guest_orders": one("SELECT count(DISTINCT invoice) FROM lines WHERE kind = 'sale' AND customer IS NULL"),
            "products": one("SELECT count(DISTINCT product) FROM lines WHERE kind <> 'skipped'"),
            "months": [{"start": str(start), "net_revenue_minor": net, "orders": count} for start, net, count in months],
            "top_products": [
                {"product_id": product, "revenue_minor": worth, "units": units, "orders": count}
                for product, worth, units, count in top
            ],
        }
    )
)
