"""What knowing people costs: ingestion with and without it, live segments under load, a preview over everybody; and what
buyers are worth, beside the package `lifetimes`.

Usage: people.py PROGRAM FOLDER [EVENTS]     EVENTS: of the preview, 50 million by default (shared with run.py)
"""

import base64
import http.client
import json
import os
import pathlib
import random
import shutil
import sys
import threading
import time

import data
import questions
import run
import standing

INGEST_EVENTS = int(os.environ.get("BENCH_INGEST_EVENTS", "600000"))
SHOPPERS = 200_000
SEGMENTS, RATE = 200, int(os.environ.get("BENCH_RATE", "5000"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "40"))
BATCH = 100
NAMES = [name for name, _ in data.NAMES]


class Sender:
    """Batches over one connection that stays open."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        key = base64.b64encode(f"{run.WRITE_KEY}:".encode()).decode()
        self.headers = {"Authorization": f"Basic {key}", "Content-Type": "application/json"}

    def send(self, body):
        while True:
            self.connection.request("POST", "/v1/batch", body, self.headers)
            answer = self.connection.getresponse()
            answer.read()
            if answer.status == 200:
                return
            if answer.status != 429:
                raise SystemExit(f"a batch was answered {answer.status}")
            time.sleep(float(answer.headers.get("Retry-After", "1")))


def event(draw, number):
    name = draw.choices(NAMES, [share for _, share in data.NAMES])[0]
    product = draw.randrange(data.PRODUCTS)
    return {
        "type": "track", "messageId": f"p{number}", "event": name, "userId": f"s{draw.randrange(SHOPPERS)}",
        "properties": {"product_id": f"sku-{product}", "category": f"cat-{product % data.CATEGORIES}", "price": product / 10 + 1,
                       "brand": f"brand-{product % 70}", "quantity": 1, "currency": "CNY"},
        "context": {"campaign": {"name": f"c{product % 9}"}, "page": {"path": f"/p/{product}"}},
    }


def bodies(first, count, seed):
    draw = random.Random(seed)
    return [json.dumps({"batch": [event(draw, first + start + place) for place in range(BATCH)]}).encode()
            for start in range(0, count, BATCH)]


def behind(ours):
    ready = json.load(run.urllib.request.urlopen(ours.base + "/readyz", timeout=60))
    return max(lag["events"] for lag in ready["behind"])


def get(ours, path):
    request = run.urllib.request.Request(ours.base + path, headers={"Authorization": f"Bearer {run.KEY}"})
    return json.load(run.urllib.request.urlopen(request, timeout=60))


def ingest(program, folder, paused, sent):
    """Events a second from the first one sent until every projection has taken in the last."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "fanvine.toml").write_text(f"[people]\npaused = {str(paused).lower()}\n")
    ours = run.Ours(program, folder, port=18497)
    try:
        parts = [sent[place::4] for place in range(4)]
        threads = [threading.Thread(target=lambda part=part: [sender.send(body) for sender in [Sender(18497)] for body in part])
                   for part in parts]
        started = time.perf_counter()
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        while behind(ours) > 0:
            time.sleep(0.05)
        return len(sent) * BATCH / (time.perf_counter() - started)
    finally:
        ours.stop()


def rules():
    """Two hundred different rules: counts, amounts, absences, sequences, over all kinds of events."""
    made = []
    for place in range(SEGMENTS - 1):
        name, other = NAMES[place % len(NAMES)], NAMES[(place * 5 + 1) % len(NAMES)]
        times, days = place % 5 + 1, (place * 7) % 60 + 1
        often = f'did "{name}" >= {times} times in last {days} days'
        if place % 4 == 1:
            often = f'{often} and not did "{other}" in last {days // 2 + 1} days'
        if place % 4 == 2:
            often = f'{often} and value sessions >= {times}'
        if place % 4 == 3:
            often = f'did "{name}" then "{other}" within {times} days in last {days} days'
        made.append(often)
    return made


def lag(program, folder):
    """Seconds from the event that lets somebody in to the event that says so, under load."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ours = run.Ours(program, folder, port=18496)
    try:
        for place, text in enumerate(rules()):
            ours.ask("/api/v1/segments", {"name": f"bench {place}", "text": text})
        ours.ask("/api/v1/segments", {"name": "probed", "text": 'did "Probe" in last 1 days'})
        # Whoever is found by a first count was there before, and nobody is told.
        while any(one["status"] != "live" for one in get(ours, "/api/v1/segments")["segments"]):
            time.sleep(0.5)
        load, sender = bodies(10_000_000, RATE * SECONDS, 2), Sender(18496)
        started = time.perf_counter()
        for place, body in enumerate(load):
            if place % (RATE // BATCH) == 0:
                probe = {"type": "track", "messageId": f"probe{place}", "event": "Probe", "userId": f"probe{place}"}
                sender.send(json.dumps({"batch": [probe]}).encode())
            sender.send(body)
            ahead = started + (place + 1) * BATCH / RATE - time.perf_counter()
            if ahead > 0:
                time.sleep(ahead)
        took = time.perf_counter() - started
        while behind(ours) > 0:
            time.sleep(0.2)
        time.sleep(10)
        asked = ours.ask("/api/v1/sql", {"query": """
            SELECT CAST(extract(epoch FROM e.received_at) * 1000 AS BIGINT) - CAST(extract(epoch FROM p.received_at) * 1000 AS BIGINT)
            FROM events p LEFT JOIN events e ON e.shopper_id = p.shopper_id AND e.event = 'Segment Entered'
              AND json_text(e.properties, 'segment_name') = 'probed' WHERE p.event = 'Probe'"""})
        lags = sorted(float("inf") if row[0] is None else row[0] / 1000 for row in asked["rows"])
        return lags, len(load) * BATCH / took
    finally:
        ours.stop()


def preview(program, folder, total):
    """The preview of five clauses over everybody, and the same as SQL by DuckDB."""
    folder = folder / f"analytics-{total}"
    folder.mkdir(parents=True, exist_ok=True)
    events = folder / "events.parquet"
    data.write(events, total)
    ours = run.Ours(program, run.import_once(program, folder, events))
    try:
        path, body, rows = run.OURS["segment of 5 clauses"]
        seconds, answer = [], None
        for _ in range(run.ROUNDS):
            started = time.perf_counter()
            answer = ours.ask(path, body)
            seconds.append(time.perf_counter() - started)
    finally:
        ours.stop()
    peer = run.ask_peer("duckdb", events, folder, only="segment of 5 clauses")
    theirs = peer["answers"]["segment of 5 clauses"]
    if rows(answer) != theirs["rows"]:
        raise SystemExit(f"the preview says {rows(answer)}, DuckDB {theirs['rows']}")
    return min(seconds) * 1_000, run.warm_ms(theirs), peer["version"]


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    total = int(sys.argv[3]) if len(sys.argv) > 3 else 50_000_000
    sent = bodies(0, INGEST_EVENTS, 1)
    rates = {True: [], False: []}
    for paused in [True, False, False, True]:
        rates[paused].append(ingest(program, folder / "ingest" / "fanvine", paused, sent))
    with_people, without = max(rates[False]), max(rates[True])
    lags, rate = lag(program, folder / "lag" / "fanvine")
    worst = lags[-1]
    own, theirs, version = preview(program, folder, total)
    shoppers = f"{data.SHOPPERS // 1_000_000}M shoppers" if total >= 50_000_000 else f"{total:,} events"

    def row(work, ours, unit, peer, value, ratio, goal):
        return {"work": work, "ours": round(ours, 1), "unit": unit, "peer": peer, "peer_value": round(value, 1),
                "ratio": round(ratio, 3), "goal": goal}

    worth = list(standing.compare(run, program, folder / "standing"))

    rows = [
        row("ingest with profiles, tags and segments", with_people, "events/s", "the same program with people paused", without,
            with_people / without, 0.5),
        row(f"5-clause segment preview, {shoppers}", own, "ms", version, theirs, theirs / own, 10),
        row(f"membership lag, {SEGMENTS} live segments at {rate:,.0f} events/s", worst, "s", "the goal, 5 s", 5, 5 / worst, 1),
    ]
    for name, mine, peer, _ in worth:
        own_ms, peer_ms = mine["seconds"] * 1_000, peer["seconds"] * 1_000
        work = f"lifetime value of {mine['figures']['buyers']:,} buyers, {name}"
        rows.append(row(work, own_ms, "ms", peer["version"], peer_ms, peer_ms / own_ms, 1))
    page = ["# Knowing people", "", f"On {run.machine()}.", "", "| what | ours | peer | ratio | goal |", "| --- | ---: | ---: | ---: | ---: |"]
    page += [f"| {one['work']} | {one['ours']:,} {one['unit']} | {one['peer_value']:,} ({one['peer']}) | {one['ratio']:.2f} | {one['goal']} |"
             for one in rows]
    page += ["", f"Ingestion is {INGEST_EVENTS:,} events of {SHOPPERS:,} shoppers in batches of {BATCH}, until every projection has taken in the last; the better of",
             f"two runs of each. Lag is from the arrival of an event to the arrival of `Segment Entered` that it causes: {len(lags)} probes, half of them",
             f"within {lags[len(lags) // 2]:.2f} s, the worst {worst:.2f} s, while {rate:,.0f} events/s came in for {SECONDS} s.", ""]
    if worth:
        apart = ", ".join(f"{name}: {apart:.1e}" for name, _, _, apart in worth)
        page += ["Lifetime value: counting the orders, fitting both models and valuing every buyer; ours over HTTP, and with the model tried on",
                 "days it had not seen. Buyers, r, alpha, those alive, their purchases and what these are worth are the same as the peer's; the",
                 f"figure furthest off differs by its part of — {apart}.", ""]
    run.RESULTS.mkdir(exist_ok=True)
    (run.RESULTS / "people.json").write_text(json.dumps(rows, indent=2) + "\n")
    (run.RESULTS / "people.md").write_text("\n".join(page))
    print("\n".join(page))


if __name__ == "__main__":
    main()
