import { expect, test } from "vitest";
import { portions } from "./portions";

test("portions add up, and the last is what remains", () => {
  expect(portions(60_000)).toEqual([25_000, 25_000, 10_000]);
  expect(portions(3)).toEqual([3]);
  expect(portions(1_000_000)).toHaveLength(40);
});
