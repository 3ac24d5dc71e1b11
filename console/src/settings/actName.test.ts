import { expect, test } from "vitest";
import openapi from "../../openapi.json";
import { acts } from "../i18n/en.acts";
import { translator } from "../i18n/i18n";
import { actName } from "./actName";

/** What the guard calls its own acts, which are no operations. */
const guards = [
  "signed_in",
  "sign_in_refused",
  "signed_out",
  "password_changed",
  "password_change_refused",
  "account_created",
  "account_changed",
  "account_removed",
  "key_created",
  "key_preset",
  "key_revoked",
  "key_rotated",
];

test("an act has a name in both languages, and one that has none is called as in the API", () => {
  expect(actName("put_tracking_plan", translator("en"))).toBe("Saved the tracking plan");
  expect(actName("put_tracking_plan", translator("zh-CN"))).toBe("保存埋点方案");
  expect(actName("constructor", translator("en"))).toBe("constructor");
});

test("whatever has a name is an act", () => {
  const operations = Object.values(openapi.paths).flatMap((item) =>
    Object.values(item).map((operation) => (operation as { operationId: string }).operationId),
  );
  const known = new Set([...operations, ...guards]);
  for (const key of Object.keys(acts)) expect(known.has(key.slice("acts.".length)), key).toBe(true);
});
