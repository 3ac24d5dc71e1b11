/** The daily check-in. */
import { ask, command, isSignedIn, signIn } from "./ask";
import { button, el, line, show } from "./draw";
import { say, told } from "./told";

interface Streak {
  checked_in: boolean;
  streak: number;
  next_points: number;
  days: { day: string; points: number }[];
}

async function today(): Promise<void> {
  if (!isSignedIn()) return signIn();
  draw(await command<Streak>("/v1/check-ins/today", { play_id: told.id }));
}

function draw(streak: Streak | null): void {
  const days = (streak?.days ?? []).slice(0, 14);
  const list = days.map((one) =>
    el("li", {}, el("span", {}, one.day), el("span", {}, say(`+${one.points} points`, `+${one.points} 积分`))),
  );
  const state = streak && line(say(`${streak.streak} days in a row`, `已连续签到 ${streak.streak} 天`));
  const earns = streak ? say(` · ${streak.next_points} points`, ` · ${streak.next_points} 积分`) : "";
  show(
    el("h1", {}, document.title),
    el(
      "section",
      { className: "card" },
      state,
      streak?.checked_in
        ? line(say("Come again tomorrow.", "今日已签到，明天再来。"))
        : button(say("Check in", "签到") + earns, today),
    ),
    list.length > 0 && el("section", { className: "card" }, el("ul", { className: "sums plain" }, ...list)),
  );
}

async function begin(): Promise<void> {
  draw(isSignedIn() ? await ask<Streak>(`/v1/check-ins/${encodeURIComponent(told.id)}`) : null);
}

begin().catch(() => draw(null));
