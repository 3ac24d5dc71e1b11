/** Tasks: what is to be done, how far the shopper is, and what it gives. */
import { ask, command, isSignedIn, signIn } from "./ask";
import { button, el, line, show } from "./draw";
import { say, told } from "./told";

type Gift = { kind: "points"; points: number } | { kind: "coupon" } | null;
interface Step {
  name: string;
  done: number;
  of: number;
  completed_at: string | null;
  reward: Gift;
}
interface Tasks {
  steps: Step[];
  closes_at: string;
  completed_at: string | null;
  reward: Gift;
}
interface Play {
  rules: { steps: { name: string; count: number; reward: Gift }[]; daily: boolean; reward: Gift };
}

function gift(reward: Gift): string {
  if (reward === null) return "";
  return reward.kind === "points"
    ? say(`+${reward.points} points`, `+${reward.points} 积分`)
    : say("a coupon", "优惠券");
}

async function takeOn(): Promise<void> {
  if (!isSignedIn()) return signIn();
  const tasks = await command<Tasks>("/v1/tasks/join", { play_id: told.id });
  draw(tasks.steps, tasks.reward, tasks);
}

function draw(steps: Step[], reward: Gift, taken: Tasks | null): void {
  const list = steps.map((step) =>
    el(
      "li",
      {},
      el("span", {}, step.completed_at ? `✓ ${step.name}` : `${step.name} ${step.done}/${step.of}`),
      el("span", {}, gift(step.reward)),
    ),
  );
  const whole = reward && line(say(`All of them: ${gift(reward)}`, `全部完成：${gift(reward)}`));
  const until = taken && new Date(taken.closes_at).toLocaleString();
  show(
    el("h1", {}, document.title),
    el("section", { className: "card" }, el("ul", { className: "sums plain" }, ...list), whole),
    el(
      "section",
      { className: "card" },
      taken === null && button(say("Take them on", "领取任务"), takeOn),
      taken?.completed_at != null && line(say("All done.", "已全部完成。")),
      taken !== null && taken.completed_at == null && line(say(`Until ${until}`, `截止 ${until}`)),
    ),
  );
}

/** What was done elsewhere is seen here soon. */
const LOOK_MS = 3_000;
let drawn = "";

async function look(offered: Step[], reward: Gift): Promise<void> {
  const taken = isSignedIn() ? await ask<Tasks | null>(`/v1/tasks/${encodeURIComponent(told.id)}`) : null;
  const looks = JSON.stringify(taken);
  if (looks !== drawn) draw(taken?.steps ?? offered, taken === null ? reward : taken.reward, taken);
  drawn = looks;
}

async function begin(): Promise<void> {
  const { rules } = await ask<Play>(`/v1/plays/${encodeURIComponent(told.id)}`);
  const offered = rules.steps.map(({ name, count, reward }) => ({
    name,
    done: 0,
    of: count,
    completed_at: null,
    reward,
  }));
  await look(offered, rules.reward);
  setInterval(() => {
    if (!document.hidden && isSignedIn()) look(offered, rules.reward).catch(() => undefined);
  }, LOOK_MS);
}

begin().catch((error: Error) => show(el("section", { className: "card" }, line(error.message))));
