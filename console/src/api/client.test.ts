/** The client against a stand-in for `fetch`. */
import { afterEach, expect, test, vi } from "vitest";
import { ApiError, onSignedOut, send, setCsrfToken, urlOf } from "./client";

function answers(...responses: Response[]) {
  const fetching = vi.fn<typeof fetch>(async () => responses.shift() ?? new Response(null, { status: 500 }));
  vi.stubGlobal("fetch", fetching);
  return fetching;
}
const problem = (status: number, code: string) =>
  new Response(JSON.stringify({ type: "", title: "No", status, code, detail: "because" }), { status });
const headersOf = (fetching: ReturnType<typeof answers>, call: number) =>
  fetching.mock.calls[call]?.[1]?.headers as Record<string, string>;

afterEach(() => {
  vi.unstubAllGlobals();
  setCsrfToken(null);
  onSignedOut(() => {});
});

test("names in a path and a query are escaped, and what is absent is left out", () => {
  expect(urlOf("/api/v1/sources/{id}", { params: { id: "a/b" } })).toBe("/api/v1/sources/a%2Fb");
  expect(urlOf("/api/v1/quarantine", { query: { limit: 5, before: undefined, source_id: null } })).toBe(
    "/api/v1/quarantine?limit=5",
  );
});

test("what changes something carries the session's token, what only reads does not", async () => {
  setCsrfToken("token");
  const fetching = answers(new Response("{}"), new Response("{}"));
  await send("POST", "/api/v1/sources", { body: {} });
  await send("GET", "/api/v1/sources");
  expect(headersOf(fetching, 0)["x-csrf-token"]).toBe("token");
  expect(headersOf(fetching, 1)["x-csrf-token"]).toBeUndefined();
});

test("a token renewed in another tab is taken up, once", async () => {
  setCsrfToken("old");
  const fetching = answers(problem(403, "csrf_refused"), new Response('{"csrf_token":"new"}'), new Response("{}"));
  await send("POST", "/api/v1/sources", { body: {} });
  expect(headersOf(fetching, 2)["x-csrf-token"]).toBe("new");
  answers(problem(403, "csrf_refused"), new Response('{"csrf_token":"new"}'));
  await expect(send("POST", "/api/v1/sources", { body: {} })).rejects.toThrow("because");
});

test("an ended session is noticed, a wrong password is not taken for one", async () => {
  const ended = vi.fn();
  onSignedOut(ended);
  answers(problem(401, "wrong_credentials"));
  await expect(send("POST", "/api/v1/session", { body: {} })).rejects.toBeInstanceOf(ApiError);
  expect(ended).not.toHaveBeenCalled();
  answers(problem(401, "sign_in_required"));
  await expect(send("GET", "/api/v1/shop")).rejects.toBeInstanceOf(ApiError);
  expect(ended).toHaveBeenCalledOnce();
});

test("a proxy's page and no answer at all are problems too", async () => {
  answers(new Response("<html>", { status: 502, statusText: "Bad Gateway" }));
  await expect(send("GET", "/api/v1/shop")).rejects.toMatchObject({ problem: { status: 502, code: "http_502" } });
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("network")));
  await expect(send("GET", "/api/v1/shop")).rejects.toMatchObject({ problem: { status: 0, code: "unreachable" } });
});
