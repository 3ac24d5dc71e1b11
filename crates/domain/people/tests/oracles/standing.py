"""The figures of `tests/standing` on UCI Online Retail, by other people's code.

    pip install lifetimes==0.11.3 pandas pyarrow
    python standing.py <folder of real data>/uci-online-retail/online_retail_full.parquet

RFM by pandas alone; purchases, probability of being alive and lifetime value by `lifetimes`. An order is an invoice of
a known customer that is not a cancellation; what it cost is the sum of its lines, to the penny.
"""

import sys

import lifetimes
import numpy as np
import pandas as pd
from lifetimes.utils import summary_data_from_transaction_data
from scipy.stats import rankdata

GROUPS = {
    (True, True, True): "champions",
    (True, False, True): "promising",
    (False, True, True): "at_risk",
    (False, False, True): "win_back",
    (True, True, False): "regulars",
    (True, False, False): "newcomers",
    (False, True, False): "fading",
    (False, False, False): "lost",
}
AS_OF = pd.Timestamp("2011-12-09")


def read(path):
    lines = pd.read_parquet(path)
    lines = lines[lines.CustomerID.notna() & ~lines.InvoiceNo.astype(str).str.startswith("C")]
    lines = lines.assign(
        customer=lines.CustomerID.astype(float).astype(int).astype(str),
        minor=np.rint(lines.Quantity * lines.UnitPrice * 100).astype("int64"),
        at=pd.to_datetime(lines.InvoiceDate),
    )
    orders = lines.groupby("InvoiceNo").agg(customer=("customer", "first"), minor=("minor", "sum"), at=("at", "min"))
    return orders.reset_index().assign(day=lambda orders: orders["at"].dt.normalize())


def score(values):
    """1 + the fifths of all that did worse; more is better."""
    return 1 + (5 * (rankdata(values, method="min") - 1)).astype("int64") // len(values)


def rfm(orders):
    buyers = orders.groupby("customer").agg(last=("day", "max"), orders=("minor", "size"), spend=("minor", "sum"))
    r = score(-(AS_OF - buyers["last"]).dt.days)
    f, m = score(buyers.orders), score(buyers.spend)
    buyers["group"] = [GROUPS[high] for high in zip(r > r.mean(), f > f.mean(), m > m.mean())]
    print(len(buyers), "buyers,", len(orders), "orders,", buyers.spend.sum(), "spent")
    print("mean scores", r.mean(), f.mean(), m.mean())
    print(buyers.groupby("group").agg(persons=("spend", "size"), orders=("orders", "sum"), spend=("spend", "sum")))
    print("R5 F5:", int(((r == 5) & (f == 5)).sum()), "R1 F1:", int(((r == 1) & (f == 1)).sum()))


def stage(times, now):
    """By the rules of the ready-made segments."""
    times = times[times <= now]
    if len(times) == 0:
        return None
    ago = (now - times.max()) / pd.Timedelta(days=1)
    if ago >= 60:
        return "lost" if ago >= 240 else "dormant" if ago >= 120 else "at_risk"
    if len(times) == 1:
        return "new"
    if (times > now - pd.Timedelta(days=240)).sum() == 1:
        return "won_back"
    return "growing" if len(times) <= 3 else "mature"


def lifecycle(orders):
    now, before = (pd.Timestamp(day + " 23:59:59.999999") for day in ("2011-12-09", "2011-11-09"))
    stages = orders.groupby("customer")["at"].agg(
        [("before", lambda times: stage(times, before)), ("now", lambda times: stage(times, now))]
    )
    print(pd.crosstab(stages.before.fillna("-"), stages.now))


def value(orders):
    past = summary_data_from_transaction_data(
        orders, "customer", "day", "minor", observation_period_end=AS_OF, freq="D"
    )
    repeat = past[(past.frequency > 0) & (past.monetary_value > 0)]
    buying = lifetimes.BetaGeoFitter().fit(past.frequency, past.recency, past["T"], tol=1e-9)
    spending = lifetimes.GammaGammaFitter().fit(repeat.frequency, repeat.monetary_value / 100, tol=1e-6)
    correlation = np.corrcoef(repeat.frequency, repeat.monetary_value)[0, 1]
    print(len(past), "buyers,", len(repeat), "came back; correlation", correlation)
    print(dict(buying.params_), dict(spending.params_))
    alive = buying.conditional_probability_alive(past.frequency, past.recency, past["T"])
    expected = buying.predict(360, past.frequency, past.recency, past["T"])
    each = spending.conditional_expected_average_profit(past.frequency, past.monetary_value / 100)
    worth = spending.customer_lifetime_value(
        buying, past.frequency, past.recency, past["T"], past.monetary_value / 100,
        time=12, discount_rate=0.01, freq="D",
    )
    print("alive", alive.sum(), "expected", expected.sum(), "worth", worth.sum())
    for customer in ["12347", "12748", "13313", "12346"]:
        at = past.index.get_loc(customer)
        print(customer, past.loc[customer].to_dict(), np.asarray(alive)[at])
        print("   ", expected[customer], each[customer], worth[customer])


def held_out(orders):
    first = orders.day.min()
    split = first + pd.Timedelta(days=int((AS_OF - first).days * 2 // 3))
    both = summary_data_from_transaction_data(
        orders[orders.day <= split], "customer", "day", observation_period_end=split, freq="D"
    )
    buying = lifetimes.BetaGeoFitter(penalizer_coef=0.001).fit(both.frequency, both.recency, both["T"], tol=1e-4)
    # By then nobody seems ever to leave: a runs to 0, where `predict` is not a number for some, and the model is NBD.
    r, alpha = buying.params_["r"], buying.params_["alpha"]
    both["predicted"] = (AS_OF - split).days * (r + both.frequency) / (alpha + both["T"])
    later = orders[orders.day > split].groupby("customer").day.nunique()
    both["actual"] = later.reindex(both.index).fillna(0)
    print("split", split, dict(buying.params_), len(both), both.predicted.sum(), both.actual.sum())
    classes = both.groupby(both.frequency.clip(upper=7))
    print(classes.agg(persons=("predicted", "size"), predicted=("predicted", "mean"), actual=("actual", "mean")))


orders = read(sys.argv[1])
rfm(orders)
lifecycle(orders)
value(orders)
held_out(orders)
