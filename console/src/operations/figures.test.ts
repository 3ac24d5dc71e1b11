/** What the page of operations makes of the program's figures. */
import { expect, test } from "vitest";
import { quantile, type Reading, rate, readFigures, routes, total } from "./figures";

const text = (first: number, slow: number) => `# HELP fanvine_log_events Events
# TYPE fanvine_log_events counter
fanvine_log_events_total ${first}
fanvine_events_refused_total{source="src_1",reason="a \\"b\\""} 2.0
fanvine_http_request_duration_seconds_bucket{le="0.1",method="GET",route="/a",status="200"} ${first}
fanvine_http_request_duration_seconds_bucket{le="1.0",method="GET",route="/a",status="200"} ${first + slow}
fanvine_http_request_duration_seconds_bucket{le="+Inf",method="GET",route="/a",status="200"} ${first + slow}
fanvine_http_request_duration_seconds_count{method="GET",route="/a",status="200"} ${first + slow}
fanvine_http_request_duration_seconds_sum{method="GET",route="/a",status="200"} ${first * 0.05 + slow * 0.5}
fanvine_http_request_duration_seconds_count{method="GET",route="/a",status="503"} 1
# EOF
`;
const reading = (at: number, first: number, slow: number): Reading => ({ at, samples: readFigures(text(first, slow)) });

test("figures are read with their labels", () => {
  const samples = readFigures(text(1, 0));
  const refused = { name: "fanvine_events_refused_total", labels: { source: "src_1", reason: 'a "b"' }, value: 2 };
  expect(samples[1]).toEqual(refused);
  expect(total({ at: 0, samples }, "nothing")).toBeNull();
});

test("what grows is told by the second, and not over a new start", () => {
  expect(rate(reading(0, 10, 0), reading(5_000, 60, 0), "log_events_total")).toBe(10);
  expect(rate(reading(0, 60, 0), reading(5_000, 10, 0), "log_events_total")).toBeNull();
  expect(rate(null, reading(5_000, 10, 0), "log_events_total")).toBeNull();
});

test("how long requests took lies between the bounds they are counted by", () => {
  expect(quantile(reading(0, 10, 10), reading(5_000, 60, 10), 0.5)).toBeCloseTo(0.05);
  expect(quantile(reading(0, 10, 0), reading(5_000, 60, 50), 0.75)).toBeCloseTo(0.55);
  expect(quantile(reading(0, 10, 0), reading(5_000, 10, 0), 0.5)).toBeNull();
});

test("routes are counted with what failed", () => {
  expect(routes(reading(0, 9, 0))[0]).toMatchObject({ requests: 10, failed: 1 });
});
