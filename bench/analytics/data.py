"""Synthetic events for the analytics benchmark: the same in every run.

A million shoppers over ninety days; a thousand are there at a time, each for a session of five events some minutes
apart. No shopper has two events in one second, so every engine sees the same order.
"""

import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

START = 1_772_323_200  # 2026-03-01T00:00:00Z
DAYS = 90
SHOPPERS = 1_000_000
LANES = 1_000
PRODUCTS = 5_000
CATEGORIES = 40
NAMES = [
    ("Product Viewed", 0.40),
    ("Page Viewed", 0.15),
    ("Products Searched", 0.11),
    ("Product Added", 0.10),
    ("Product Removed", 0.03),
    ("Product Added to Wishlist", 0.03),
    ("Coupon Applied", 0.02),
    ("Checkout Started", 0.05),
    ("Order Completed", 0.02),
    ("Product Shared", 0.04),
    ("Share Opened", 0.02),
    ("Content Liked", 0.03),
]
CHUNK = 2_500_000


def mixed(numbers):
    """SplitMix64, so that nothing depends on a library's generator."""
    state = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def chunk(first, last, total):
    """Events `first` to `last` of `total`, in order of time."""
    numbers = np.arange(first, last, dtype=np.uint64)
    lane, turn = numbers % LANES, numbers // LANES
    shopper = (mixed(lane * np.uint64(1_000_003) + turn // np.uint64(5)) % np.uint64(SHOPPERS)).astype(np.uint32)
    at = (START + (numbers.astype(np.float64) * (DAYS * 86_400 / total)).astype(np.int64)).astype(np.int64)
    # The first event of a shopper in a second stays.
    _, kept = np.unique(at * SHOPPERS + shopper, return_index=True)
    kept.sort()
    numbers, shopper, at = numbers[kept], shopper[kept], at[kept]
    drawn = (mixed(numbers ^ np.uint64(0x5555)) >> np.uint64(11)).astype(np.float64) / 2**53
    name = np.searchsorted(np.cumsum([share for _, share in NAMES])[:-1], drawn, side="right").astype(np.int8)
    product = (mixed(numbers) % np.uint64(PRODUCTS)).astype(np.int32)
    bought = name == [place for place, (known, _) in enumerate(NAMES) if known == "Order Completed"][0]
    paid = np.where(bought, (mixed(numbers ^ np.uint64(7)) % np.uint64(500)).astype(np.int64) + 1, 0)
    return numbers, shopper, at, name, product, bought, paid


def prefixed(text, numbers):
    return pc.binary_join_element_wise(text, pa.array(numbers).cast(pa.string()), "")


def write(path, total):
    """Writes the events to a Parquet file, unless it is there; how many they are."""
    path = pathlib.Path(path)
    if path.exists():
        return pq.read_metadata(path).num_rows
    draft = path.with_suffix(".draft")
    names = pa.array([name for name, _ in NAMES])
    writer = None
    for first in range(0, total, CHUNK):
        numbers, shopper, at, name, product, bought, paid = chunk(first, min(first + CHUNK, total), total)
        table = pa.table({
            "id": pa.array(numbers).cast(pa.string()),
            "user": prefixed("u", shopper),
            "shopper": pa.array(shopper, pa.uint32()),
            "at": pa.array(at, pa.int64()),
            "event": pa.DictionaryArray.from_arrays(pa.array(name), names),
            "product": prefixed("sku-", product),
            "category": prefixed("cat-", product % CATEGORIES),
            "amount": pa.array(paid, pa.int64(), mask=~bought),
            "revenue_minor": pa.array(paid * 100, pa.int64(), mask=~bought),
        })
        writer = writer or pq.ParquetWriter(draft, table.schema, compression="zstd")
        writer.write_table(table)
    writer.close()
    draft.rename(path)
    return pq.read_metadata(path).num_rows


MAPPING = """source = "Benchmark"
currency = "CNY"

[time]
column = "at"
format = "unix_s"

[[event]]
where = ["event = Order Completed"]
name = "Order Completed"
message_id = "b:{id}"
user_id = "{user}"
order_id = "o{id}"
product_id = "{product}"
revenue = "{amount}"
[event.properties]
category = "{category}"

[[event]]
name = "{event}"
message_id = "b:{id}"
user_id = "{user}"
product_id = "{product}"
[event.properties]
category = "{category}"
"""
