import { expect, test } from "vitest";
import { minutes, numbers, options, World } from "./world";

const waiting = (world: World) => [...world.disk.keys()].filter((key) => key.startsWith("fv.q.")).length;

test("what the server has answered for leaves the device", async () => {
  const world = new World();
  const tab = world.open();
  for (let number = 0; number < 120; number++) tab.track("x", { number });
  expect(waiting(world)).toBe(120);
  await world.pass(2_000);
  expect(waiting(world)).toBe(0);
  expect(world.events.map(({ properties }) => properties.number)).toEqual([...Array(120).keys()]);
  for (const { batch } of world.requests) expect(JSON.stringify(batch).length).toBeLessThan(30_000);
});

test("text that is long in UTF-8 makes smaller batches", async () => {
  const world = new World();
  const tab = world.open();
  for (let number = 0; number < 8; number++) tab.track("x", { text: "茶".repeat(3_500) });
  await tab.flush();
  expect(world.requests.map(({ batch }) => batch.length)).toEqual([2, 2, 2, 2]);
});

test("Retry-After is waited for, in seconds or as a date, by other tabs and after a reload too", async () => {
  const world = new World();
  world.answer = () => [429, "120"];
  const tab = world.open();
  tab.track("x");
  await tab.flush();
  world.answer = () => 200;
  tab.close();
  const reloaded = world.open();
  reloaded.track("y");
  await reloaded.flush();
  await world.pass(minutes(2) - 5_000);
  expect(world.requests).toHaveLength(1);
  await world.pass(10_000);
  expect(world.requests).toHaveLength(2);
  expect(world.events).toHaveLength(2);

  world.answer = () => [503, new Date(world.time + minutes(5)).toUTCString()];
  reloaded.track("z");
  await reloaded.flush();
  world.answer = () => 200;
  reloaded.back();
  await world.pass(minutes(5) - 2_000);
  expect(world.events).toHaveLength(2);
  await world.pass(4_000);
  expect(world.events).toHaveLength(3);
});

test("without an answer it is tried again, ever more rarely, and at once when the network is back", async () => {
  const world = new World();
  const tries: number[] = [];
  world.answer = () => {
    tries.push(world.time);
    return "down";
  };
  const tab = world.open();
  tab.track("x");
  await world.pass(minutes(10));
  const pauses = tries.slice(1).map((time, at) => time - (tries[at] as number));
  expect(pauses.length).toBeGreaterThan(6);
  expect(pauses.length).toBeLessThan(12);
  pauses.forEach((pause, at) => {
    expect(pause).toBeGreaterThanOrEqual(Math.min(2 ** at * 500, 150_000));
    expect(pause).toBeLessThanOrEqual(Math.min(2 ** at * 1_000, 300_000));
  });
  world.answer = () => 200;
  tab.back();
  await world.pass(0);
  expect(world.events).toHaveLength(1);
});

test("a batch that is too large is split, and an event that is too large alone is given up", async () => {
  const world = new World();
  world.answer = (batch) => (batch.length > 3 || batch.some(({ event }) => event === "huge") ? 413 : 200);
  const tab = world.open();
  for (const name of ["a", "b", "c", "huge", "d", "e", "f", "g"]) tab.track(name);
  await tab.flush();
  expect(world.events.map(({ event }) => event)).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
  expect(waiting(world)).toBe(0);
  expect(world.warnings).toEqual(["1 events refused with 413"]);
});

test("what the server cannot read is not sent again", async () => {
  const world = new World();
  world.answer = () => 400;
  const tab = world.open();
  tab.track("x");
  await tab.flush();
  await world.pass(minutes(10));
  expect(world.requests).toHaveLength(1);
  expect(waiting(world)).toBe(0);
});

test("with a wrong key it stops asking, and what waits goes with the right one", async () => {
  const world = new World();
  world.answer = () => 401;
  const tab = world.open({}, { writeKey: "fvw_old" });
  tab.track("x");
  await world.pass(minutes(60));
  tab.close();
  expect(world.requests).toHaveLength(1);
  expect(world.warnings).toEqual(["refused with 401: check writeKey and host"]);
  world.answer = () => 200;
  await world.open().flush();
  expect(world.requests[1]?.writeKey).toBe(options.writeKey);
  expect(world.events).toHaveLength(1);
});

test("the queue is bounded: the oldest goes, and is told of", async () => {
  const world = new World();
  world.answer = () => "down";
  const tab = world.open({}, { queueLimit: 10 });
  for (let number = 0; number < 12; number++) tab.track("x", { number });
  expect(waiting(world)).toBe(10);
  expect(world.warnings.at(-1)).toBe("more than 10 events wait: 1 of the oldest given up");
  world.answer = () => 200;
  await tab.flush();
  await world.pass(2_000);
  expect(world.events.map(({ properties }) => properties.number)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test("what waits goes out as the page is left, once", async () => {
  const world = new World();
  const tab = world.open();
  tab.track("x");
  tab.close();
  await world.pass(0);
  expect(world.events).toHaveLength(1);
  await world.pass(minutes(1));
  expect(world.requests).toHaveLength(1);
});

test("whatever happens to tabs and network, every event is stored, and once", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = numbers(seed);
    const pick = <T>(from: T[]): T => from[Math.floor(random() * from.length)] as T;
    const world = new World();
    const told: number[] = [];
    const tabs = [world.open(), world.open()];
    for (let step = 0; step < 80; step++) {
      // One alone is never too large here.
      world.answer = ({ length }) => pick([200, 200, "lost", "down", 500, 503, [429, "3"], length > 1 ? 413 : 200]);
      const at = Math.floor(random() * tabs.length);
      const tab = tabs[at] as ReturnType<World["open"]>;
      const move = random();
      if (move < 0.5) tab.track("x", { number: told.push(told.length) });
      else if (move < 0.6) tab.flush();
      else if (move < 0.7) {
        tab.close();
        tabs[at] = world.open();
      } else if (move < 0.8) tab.back();
      else await world.pass(random() * 20_000);
    }
    world.answer = () => 200;
    await world.pass(minutes(20));
    const stored = world.events.map(({ properties }) => properties.number).sort((one, other) => one - other);
    expect(stored, `seed ${seed}`).toEqual(told.map((_, number) => number + 1));
    expect(waiting(world), `seed ${seed}`).toBe(0);
  }
});
