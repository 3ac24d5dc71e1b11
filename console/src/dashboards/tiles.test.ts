import { expect, test } from "vitest";
import { moved, putAt, resized } from "./tiles";

const tiles = ["a", "b", "c"].map((insight_id) => ({ insight_id, width: 6, height: 2 }));
const order = (some: typeof tiles) => some.map((tile) => tile.insight_id).join("");

test("a tile moves on and back, not off the dashboard", () => {
  expect(order(moved(tiles, "a", 1))).toBe("bac");
  expect(order(moved(tiles, "c", -1))).toBe("acb");
  expect(order(moved(tiles, "c", 5))).toBe("abc");
  expect(order(moved(tiles, "nobody", 1))).toBe("abc");
});

test("a tile is put where another stands", () => {
  expect(order(putAt(tiles, "a", "c"))).toBe("bca");
  expect(order(putAt(tiles, "c", "a"))).toBe("cab");
  expect(order(putAt(tiles, "c", "nobody"))).toBe("abc");
});

test("a tile is as wide and high as the grid allows", () => {
  expect(resized(tiles, "a", 99, 99)[0]).toEqual({ insight_id: "a", width: 12, height: 6 });
  expect(resized(tiles, "a", -99, -99)[0]).toEqual({ insight_id: "a", width: 3, height: 1 });
  expect(resized(tiles, "a", 1, 0)[1]).toEqual(tiles[1]);
});
