"""One peer in a process of its own: loads the events into its best layout, answers every question, says how long each
took and how much memory the process ever had.

Usage: peers.py duckdb|clickhouse|polars EVENTS.parquet FOLDER ROUNDS [QUESTION]
"""

import json
import pathlib
import resource
import sys
import time

import questions


def duckdb(events, folder):
    import duckdb as engine

    path = folder / "events.duckdb"
    fresh = not path.exists()
    connection = engine.connect(str(path))
    if fresh:
        connection.execute(f"""
            CREATE TABLE events AS SELECT shopper, "at"::INTEGER AS ts, event::VARCHAR AS event, category::VARCHAR AS category,
            revenue_minor FROM read_parquet('{events}') ORDER BY shopper, ts""")
        kinds = ", ".join(f"'{name}'" for (name,) in connection.execute("SELECT DISTINCT event FROM events").fetchall())
        connection.execute(f"CREATE TYPE event AS ENUM ({kinds})")
        connection.execute("ALTER TABLE events ALTER event TYPE event")
        connection.execute("CHECKPOINT")
    version = f"DuckDB {engine.__version__}, table sorted by shopper and time, events as ENUM"
    return version, questions.DUCKDB, lambda sql: connection.execute(sql).fetchall()


def clickhouse(events, folder):
    from chdb import session
    import chdb

    path = folder / "clickhouse"
    fresh = not path.exists()
    connection = session.Session(str(path))
    if fresh:
        connection.query("CREATE DATABASE IF NOT EXISTS bench ENGINE = Atomic")
        connection.query("""
            CREATE TABLE bench.events (shopper UInt32, ts UInt32, event LowCardinality(String),
            category LowCardinality(String), revenue_minor Nullable(Int64)) ENGINE = MergeTree ORDER BY (shopper, ts)""")
        connection.query(f"""
            INSERT INTO bench.events SELECT shopper, at AS ts, event, category, revenue_minor FROM file('{events}', Parquet)""")
        connection.query("OPTIMIZE TABLE bench.events FINAL")
    connection.query("USE bench")

    def ask(sql):
        text = str(connection.query(sql, "JSONCompactEachRow"))
        return [json.loads(line) for line in text.splitlines()]

    return f"ClickHouse (chdb {chdb.__version__}), MergeTree ordered by shopper and time", questions.CLICKHOUSE, ask


def polars(events, folder):
    import polars as pl
    from polars_questions import POLARS

    path = folder / "sorted.parquet"
    if not path.exists():
        columns = ["shopper", pl.col("at").alias("ts"), "event", "category", "revenue_minor"]
        pl.scan_parquet(events).select(columns).sort("shopper", "ts").sink_parquet(path)
    frame = pl.scan_parquet(path)

    def ask(question):
        return [list(row) for row in question(frame).collect(engine="streaming").rows()]

    return f"Polars {pl.__version__}, lazy over Parquet sorted by shopper and time", POLARS, ask


def plain(rows):
    return [[cell if isinstance(cell, str) else int(cell) for cell in row] for row in rows]


def main():
    name, events, folder, rounds = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), int(sys.argv[4])
    version, asked, ask = {"duckdb": duckdb, "clickhouse": clickhouse, "polars": polars}[name](events, folder)
    only = sys.argv[5] if len(sys.argv) > 5 else ""
    answers = {}
    for work, question in asked.items():
        if only not in ("", work):
            continue
        seconds, rows = [], None
        try:
            for _ in range(rounds):
                started = time.perf_counter()
                rows = ask(question)
                seconds.append(time.perf_counter() - started)
        except Exception as error:  # a peer may not manage a question: that is an answer too
            answers[work] = {"failed": str(error).splitlines()[0][:300]}
            continue
        answers[work] = {"seconds": seconds, "rows": plain(rows)}
        print(f"{name}: {work}: {min(seconds):.3f} s", file=sys.stderr)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"version": version, "peak_mib": peak // 1024, "answers": answers}))


main()
