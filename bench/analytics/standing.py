"""What buyers will still be worth, on real orders: our figures beside those the PyPI package `lifetimes` gives in this run.

Usage: standing.py ORDERS.parquet AS_OF     fits the models with `lifetimes`, in a process of its own
The orders are those of `data/cdnow` and `data/uci-online-retail` below $FANVINE_DATA, ../shared/data beside the project by default.
"""

import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.request

DATA = pathlib.Path(os.environ.get("FANVINE_DATA", pathlib.Path(__file__).parents[3] / "shared" / "data"))
#: The last day of each, and its currency.
SETS = {"CDNOW": ("1998-06-30", "USD"), "Online Retail": ("2011-12-09", "GBP")}
#: How far a figure of ours may lie from theirs: both stop looking for the best parameters somewhere near them.
TOLERANCE = 1e-3
MAPPING = """source = "Orders"
currency = "{currency}"

[time]
column = "at"
format = "unix_s"

[[event]]
name = "Order Completed"
message_id = "o:{{order}}"
user_id = "{{buyer}}"
order_id = "o{{order}}"
revenue = "{{amount}}"
"""


def cdnow(pandas):
    orders = pandas.read_csv(DATA / "cdnow" / "CDNOW_master.txt", sep=r"\s+", names=["buyer", "day", "discs", "amount"], skiprows=1)
    orders = orders.assign(order=range(len(orders)), at=pandas.to_datetime(orders.day.astype(str), format="%Y%m%d"))
    return orders.assign(minor=(orders.amount * 100).round().astype("int64"))


def online_retail(pandas):
    """An order is an invoice of a known customer that is not a cancellation."""
    lines = pandas.read_parquet(DATA / "uci-online-retail" / "online_retail_full.parquet")
    lines = lines[lines.CustomerID.notna() & ~lines.InvoiceNo.astype(str).str.startswith("C")]
    lines = lines.assign(
        buyer=lines.CustomerID.astype(float).astype(int), at=pandas.to_datetime(lines.InvoiceDate), order=lines.InvoiceNo.astype(str),
        minor=(lines.Quantity * lines.UnitPrice * 100).round().astype("int64"))
    return lines.groupby("order", as_index=False).agg(buyer=("buyer", "first"), at=("at", "min"), minor=("minor", "sum"))


def write(name, path):
    """Writes the orders, one a row, unless they are there; false if the data is not at hand."""
    import pandas

    if path.exists():
        return True
    try:
        orders = {"CDNOW": cdnow, "Online Retail": online_retail}[name](pandas)
    except FileNotFoundError:
        return False
    seconds = (orders["at"] - pandas.Timestamp(0)) // pandas.Timedelta(seconds=1)
    amount = [f"{minor // 100}.{minor % 100:02}" for minor in orders.minor]
    written = {"order": orders.order.astype(str), "buyer": orders.buyer.astype(str), "at": seconds, "amount": amount, "minor": orders.minor}
    pandas.DataFrame(written).to_parquet(path)
    return True


def theirs(path, as_of):
    import lifetimes
    import pandas
    from lifetimes.utils import summary_data_from_transaction_data

    orders = pandas.read_parquet(path)
    orders["day"] = pandas.to_datetime(orders["at"], unit="s").dt.normalize()
    started = time.perf_counter()
    past = summary_data_from_transaction_data(
        orders, "buyer", "day", "minor", observation_period_end=pandas.Timestamp(as_of), freq="D")
    repeat = past[(past.frequency > 0) & (past.monetary_value > 0)]
    buying = lifetimes.BetaGeoFitter().fit(past.frequency, past.recency, past["T"], tol=1e-7)
    spending = lifetimes.GammaGammaFitter().fit(repeat.frequency, repeat.monetary_value / 100, tol=1e-7)
    alive = buying.conditional_probability_alive(past.frequency, past.recency, past["T"])
    expected = buying.predict(360, past.frequency, past.recency, past["T"])
    worth = spending.customer_lifetime_value(
        buying, past.frequency, past.recency, past["T"], past.monetary_value / 100, time=12, discount_rate=0.01, freq="D")
    took = time.perf_counter() - started
    return {"seconds": took, "version": f"lifetimes {lifetimes.__version__}", "figures": {
        "buyers": len(past), "r": float(buying.params_["r"]), "alpha": float(buying.params_["alpha"]), "alive": float(alive.sum()),
        "expected purchases": float(expected.sum()), "lifetime value": float(worth.sum()) * 100}}


def ours(run, program, folder, orders, as_of, currency):
    target = folder / "fanvine"
    if not (target / "imported").exists():
        mapping = folder / "mapping.toml"
        mapping.write_text(MAPPING.format(currency=currency))
        subprocess.run([program, "import", orders, "--mapping", mapping, "--data-dir", target], check=True, stdout=sys.stderr)
        (target / "imported").touch()
    server = run.Ours(program, target, port=18498)
    try:
        request = urllib.request.Request(f"{server.base}/api/v1/people/value?as_of={as_of}", headers={"Authorization": f"Bearer {run.KEY}"})
        started = time.perf_counter()
        answer = json.load(urllib.request.urlopen(request, timeout=600))
        took = time.perf_counter() - started
    finally:
        server.stop()
    buying = answer["model"]["buying"]
    return {"seconds": took, "figures": {
        "buyers": answer["buyers"], "r": buying["r"], "alpha": buying["alpha"], "alive": answer["alive"],
        "expected purchases": answer["expected_purchases"], "lifetime value": answer["lifetime_value_minor"]}}


def compare(run, program, folder):
    """For each set of orders its name, both answers, and how far the worst figure lies from theirs."""
    for name, (as_of, currency) in SETS.items():
        place = folder / name.lower().replace(" ", "-")
        place.mkdir(parents=True, exist_ok=True)
        orders = place / "orders.parquet"
        if not write(name, orders):
            print(f"{name} is not at hand below {DATA}: left out", file=sys.stderr)
            continue
        command = [sys.executable, __file__, orders, as_of]
        peer = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1])
        mine = ours(run, program, place, orders, as_of, currency)
        apart = {figure: abs(mine["figures"][figure] / value - 1) for figure, value in peer["figures"].items()}
        worst = max(apart, key=apart.get)
        if apart[worst] > TOLERANCE:
            raise SystemExit(f"{name}: {worst} is {mine['figures'][worst]}, {peer['figures'][worst]} by {peer['version']}")
        yield name, mine, peer, apart[worst]


if __name__ == "__main__":
    print(json.dumps(theirs(sys.argv[1], sys.argv[2])))
