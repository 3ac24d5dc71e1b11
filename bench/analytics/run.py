"""How fast product questions are answered, beside DuckDB, ClickHouse and Polars, on the same events in the same run.

Usage: run.py PROGRAM FOLDER [EVENTS]     EVENTS: how many, 50 million by default
Needs the packages of requirements.txt. Answers are compared first: a figure for a wrong answer would be worth nothing.
"""

import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request

import data
import questions

HERE = pathlib.Path(__file__).parent
RESULTS = pathlib.Path(os.environ.get("FANVINE_BENCH_RESULTS", HERE.parent / "results"))
KEY = "fvs_benchmark00000000000000000000"
WRITE_KEY = "fvw_benchmark00000000000000000000"
PEERS = ["duckdb", "clickhouse", "polars"]
ROUNDS = int(os.environ.get("FANVINE_BENCH_ROUNDS", "4"))
#: How many times the fastest peer we want to be.
GOALS = {
    "3-step funnel": 15, "10-step funnel": 15, "30-day retention": 15, "DAU over 90 days": 100,
    "revenue by category by day": 1, "segment of 5 clauses": 10, "top paths": 15,
}


def import_once(program, folder, events):
    """The data folder with these events in it, made the first time."""
    target = folder / "fanvine"
    if not (target / "imported").exists():
        mapping = folder / "mapping.toml"
        mapping.write_text(data.MAPPING)
        started = time.perf_counter()
        command = [program, "import", events, "--mapping", mapping, "--data-dir", target]
        subprocess.run(command, check=True, stdout=sys.stderr)
        print(f"imported in {time.perf_counter() - started:.0f} s", file=sys.stderr)
        (target / "imported").touch()
    return target


class Ours:
    """The program on a data folder, asked over HTTP."""

    def __init__(self, program, folder, port=18499):
        self.data, self.base = folder, f"http://127.0.0.1:{port}"
        environment = {**os.environ, "FANVINE_SERVER_KEY": KEY, "FANVINE_WRITE_KEY": WRITE_KEY}
        self.log = open(folder.parent / "fanvine.log", "ab")
        command = [program, "serve", "--listen", f"127.0.0.1:{port}", "--data-dir", self.data]
        self.process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)
        self.wait()

    def wait(self):
        """Until it answers, holds everything, and has nothing left to merge."""
        before, quiet = None, 0
        while quiet < 3:
            time.sleep(2)
            if self.process.poll() is not None:
                raise SystemExit("the program ended; see fanvine.log")
            try:
                ready = json.load(urllib.request.urlopen(self.base + "/readyz", timeout=10))
            except OSError:
                continue
            files = sum(1 for _ in (self.data / "lake" / "events").iterdir())
            state = (max(lag["events"] for lag in ready["behind"]), files)
            quiet = quiet + 1 if state == before and state[0] == 0 else 0
            before = state

    def ask(self, path, body):
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.base + path, json.dumps(body).encode(), headers)
        return json.load(urllib.request.urlopen(request, timeout=600))

    def peak_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) // 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()


def day(second):
    return time.strftime("%Y-%m-%d", time.gmtime(second))


FIRST, LAST = day(data.START), day(questions.LAST_DAY - 1)
PERIOD = {"from": FIRST, "to": LAST}


def funnel(steps, within):
    body = {"steps": [{"events": [step]} for step in steps], "within_s": within, **PERIOD}
    return "/api/v1/insights/funnel", body, lambda answer: [[step["shoppers"] for step in answer["steps"]]]


def retention_rows(answer):
    rows = []
    for place, cohort in enumerate(answer["cohorts"]):
        rows += [[place, after, count] for after, count in enumerate(cohort["returned"]) if after > 0 and count > 0]
    return rows


def events_clause(name, bound, days=None):
    window = {} if days is None else {"window": {"between": {"from": day(questions.LAST_DAY - days * 86_400), "to": LAST}}}
    return {"event": {"of": {"names": [name]}, "measure": {"count": bound}, **window}}


SEGMENT = {"all": [
    events_clause("Product Viewed", {"ge": 5}, 30),
    events_clause("Product Added", {"ge": 1}, 30),
    events_clause("Products Searched", {"ge": 1}, 14),
    events_clause("Product Shared", {"ge": 1}),
    {"not": events_clause("Order Completed", {"ge": 1}, 60)},
]}
REVENUE = {"series": [{"events": ["Order Completed"], "figure": "sum", "of": "revenue"}], "break_down": "product.category",
           "top": 100, "currency": "CNY", **PERIOD}


def revenue_rows(answer):
    parts = [part for part in answer["lines"][0]["parts"] if part["kind"] == "value"]
    cells = [[place, part["value"], int(sum_)] for part in parts for place, sum_ in enumerate(part["points"]) if sum_]
    return sorted(cells)


OURS = {
    "3-step funnel": funnel(questions.FUNNEL_3, questions.WEEK),
    "10-step funnel": funnel(questions.FUNNEL_10, questions.MONTH),
    "30-day retention": ("/api/v1/insights/retention", {"horizon": 30, **PERIOD}, retention_rows),
    "DAU over 90 days": ("/api/v1/insights/active", PERIOD, lambda answer: [
        [place, point["active"]] for place, point in enumerate(answer["points"])]),
    "revenue by category by day": ("/api/v1/insights/trends", REVENUE, revenue_rows),
    "segment of 5 clauses": ("/api/v1/segments/preview", {"rule": SEGMENT}, lambda answer: [[answer["people"]]]),
    "top paths": ("/api/v1/insights/paths", {"steps": questions.PATH, "gap_s": questions.GAP_S, "limit": 20, **PERIOD},
                  lambda answer: [[" > ".join(path["events"]), path["sessions"]] for path in answer["paths"]]),
}


def ask_ours(ours):
    answers = {}
    for work, (path, body, rows) in OURS.items():
        seconds, answer = [], None
        try:
            for _ in range(ROUNDS):
                started = time.perf_counter()
                answer = ours.ask(path, body)
                seconds.append(time.perf_counter() - started)
        except urllib.error.HTTPError as error:
            answers[work] = {"failed": error.read().decode()[:300]}
            continue
        answers[work] = {"seconds": seconds, "rows": rows(answer)}
        print(f"ours: {work}: {min(seconds):.3f} s", file=sys.stderr)
    return answers


def ask_peer(name, events, folder, only=""):
    command = [sys.executable, HERE / "peers.py", name, events, folder, str(ROUNDS), only]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1])


def warm_ms(answer):
    """The best of all rounds but the first."""
    return min(answer["seconds"][1:] or answer["seconds"]) * 1_000 if "seconds" in answer else None


def agreed(work, ours, theirs):
    if work == "top paths":  # engines break ties by their own order of letters
        return sorted(ours["rows"]) == sorted(theirs["rows"])
    return ours["rows"] == theirs["rows"]


def report(total, ours, peak, peers):
    rows, lines = [], []
    scale = f"{total // 1_000_000}M"
    for work, goal in GOALS.items():
        mine, cells = ours[work], []
        best = None
        for name in PEERS:
            answer = peers[name]["answers"].get(work, {"failed": "not asked"})
            time_ms = warm_ms(answer)
            if time_ms is not None and "rows" in mine and not agreed(work, mine, answer):
                print(f"{work}: {name} answers otherwise\n  {str(answer['rows'])[:300]}\n  {str(mine['rows'])[:300]}", file=sys.stderr)
                cells.append("other answer")
                continue
            cells.append("–" if time_ms is None else f"{time_ms:,.0f}")
            if time_ms is not None and (best is None or time_ms < best[0]):
                best = (time_ms, peers[name]["version"])
        own = warm_ms(mine)
        first = f"{mine['seconds'][0] * 1_000:,.0f}" if own else "–"
        ratio = best[0] / own if own and best else None
        shown = f"{ratio:.1f}" if ratio else "–"
        lines.append(f"| {work} | {first} | {own or 0:,.0f} | {' | '.join(cells)} | {shown} | {goal} |")
        if ratio:
            rows.append({"work": f"{work}, {scale}", "ours": round(own, 1), "unit": "ms", "peer": best[1],
                         "peer_value": round(best[0], 1), "ratio": round(ratio, 3), "goal": goal})
    page = [
        f"# Product questions over {total:,} events", "",
        f"A million shoppers over ninety days, made by [analytics/data.py](../analytics/data.py); {machine()}. Milliseconds: ours the first",
        f"time it is asked and the best of the {ROUNDS - 1} after it, over HTTP; the peers' best of the same. Every answer is the same as the peers'.", "",
        "| question | ours, first | ours | DuckDB | ClickHouse | Polars | × fastest | goal |", "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *lines, "", "Peak memory, MiB: ours "
        + f"{peak:,} (the whole server, with profiles of everybody), "
        + ", ".join(f"{peers[name]['version'].split(',')[0]} {peers[name]['peak_mib']:,}" for name in PEERS) + ".", "",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "analytics.json").write_text(json.dumps(rows, indent=2) + "\n")
    (RESULTS / "analytics.md").write_text("\n".join(page))
    print("\n".join(page))


def machine():
    model = [line.split(": ")[1] for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return f"{os.cpu_count()} cores ({model[0].strip() if model else 'unknown CPU'})"


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    total = int(sys.argv[3]) if len(sys.argv) > 3 else 50_000_000
    folder = folder / f"analytics-{total}"
    folder.mkdir(parents=True, exist_ok=True)
    events = folder / "events.parquet"
    count = data.write(events, total)
    ours = Ours(program, import_once(program, folder, events))
    try:
        mine = ask_ours(ours)
        peak = ours.peak_mib()
    finally:
        ours.stop()
    report(count, mine, peak, {name: ask_peer(name, events, folder) for name in PEERS})


if __name__ == "__main__":
    main()
