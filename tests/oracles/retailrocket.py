"""Counts, with DuckDB, what importing the RetailRocket folder must make.

Usage: python retailrocket.py FOLDER        prints JSON

A row that says what another row of the same file says is the same event. The test file's third column is a rank, not a
time: its rows are no events.
"""

import json
import sys

import duckdb

db = duckdb.connect()

counts = {}
for kind, file in {"viewed": "train_view", "added": "train_cart", "ordered": "train_buy", "test": "test_buy"}.items():
    table = f"read_csv('{sys.argv[1]}/{file}.tsv', delim='\t', header=false, names=['user', 'item', 'time'])"
    rows, distinct = db.execute(f"SELECT count(*), count(DISTINCT (user, item, time)) FROM {table}").fetchone()
    counts[kind] = distinct
    counts[f"{kind}_rows"] = rows
files = [f"SELECT * FROM read_csv('{sys.argv[1]}/train_{kind}.tsv', delim='\t', header=false, names=['user', 'item', 'time'])"
         for kind in ("view", "cart", "buy")]
counts["shoppers"] = db.execute(f"SELECT count(DISTINCT user) FROM ({' UNION ALL '.join(files)})").fetchone()[0]
print(json.dumps(counts))
