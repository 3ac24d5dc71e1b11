import { expect, test } from "vitest";
import type { Problem } from "../api/types";
import { remember } from "./history";
import { positionOf } from "./position";

const problem = (detail: string, pointer?: string) =>
  ({ type: "", title: "The query is not valid", status: 400, code: "invalid_query", detail, pointer }) as Problem;

test("a mistake's place is read from the pointer, else from the sentence", () => {
  expect(positionOf(problem("no such table", "line 3, column 7"))).toEqual({ line: 3, column: 7 });
  expect(positionOf(problem("Expected: an expression, found: FROM at Line: 2, Column: 14"))).toEqual({
    line: 2,
    column: 14,
  });
  expect(positionOf(problem("table nowhere not found"))).toBeNull();
});

test("a query asked again moves to the top of the history", () => {
  const once = remember(remember([], "SELECT 1", "a"), "SELECT 2", "b");
  expect(remember(once, " SELECT 1 ", "c").map((asked) => asked.query)).toEqual(["SELECT 1", "SELECT 2"]);
});

test("the history is bounded", () => {
  let list: ReturnType<typeof remember> = [];
  for (let query = 0; query < 80; query += 1) list = remember(list, `SELECT ${query}`, "now");
  expect(list).toHaveLength(50);
  expect(list[0]?.query).toBe("SELECT 79");
});
