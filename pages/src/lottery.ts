/** Lotteries: prizes with their odds, drawing, and proving one's own draws once the seed is told. */
import { ask, command, isSignedIn, leave, signIn } from "./ask";
import { button, el, line, show, tell } from "./draw";
import { countdown, setClock } from "./figures";
import { canProve, isCommitted, remainder } from "./prove";
import { say, told } from "./told";

interface Prize {
  prize_id: string;
  name: string;
  odds: number;
}

interface Draw {
  draw_id: string;
  shopper_id: string;
  key: string;
  number: number;
  prize: Prize | null;
  missed: string | null;
}

interface Lottery {
  lottery_id: string;
  play_id: string;
  name: string;
  closes_at: string;
  ended_at: string | null;
  prizes: (Prize & { left: number })[];
  commitment: string;
  seed: string | null;
  lines: string[];
  mine: { free: number; entries: number; points: number | null; spendable: number; allowed: number | null } | null;
  draws: Draw[];
  now: string;
}

const WHOLE = 1_000_000;

async function draws(lottery: Lottery): Promise<void> {
  if (!isSignedIn()) return signIn();
  const drawn = await command<Draw>("/v1/lotteries/draw", { play_id: lottery.play_id });
  tell(
    drawn.prize
      ? say(`You won: ${drawn.prize.name}`, `恭喜中奖：${drawn.prize.name}`)
      : say("Thanks for playing.", "谢谢参与。"),
  );
  await look();
}

/** Whether the seed was the one committed to, and each draw's number and prize are what it says. */
async function prove(lottery: Lottery, seed: string): Promise<void> {
  let good = await isCommitted(lottery.lines, seed, lottery.commitment);
  for (const one of lottery.draws) {
    const number = await remainder(seed, `${lottery.lottery_id}\n${one.shopper_id}\n${one.key}`, WHOLE);
    let upTo = 0;
    const prize = lottery.prizes.find(({ odds }) => {
      upTo += odds;
      return number < upTo;
    });
    // One of which none was left is thanks for playing, and says so.
    good &&= number === one.number && (one.prize?.prize_id ?? one.missed ?? undefined) === prize?.prize_id;
  }
  tell(
    good
      ? say("Every draw is what was fixed before anybody took part.", "验证通过：每次抽奖结果都在开始前已确定。")
      : say("The draws are not what was fixed.", "验证失败：结果与事先承诺不符。"),
  );
}

function standing(lottery: Lottery): (Node | false)[] {
  const { mine, seed } = lottery;
  if (lottery.ended_at) {
    const may = !!seed && lottery.draws.length > 0 && canProve();
    return [
      line(say("It has ended.", "抽奖已结束。")),
      may && button(say("Verify my draws", "验证我的抽奖"), () => prove(lottery, seed)),
    ];
  }
  const closing = el(
    "p",
    { className: "closing" },
    `${say("Ends in", "距结束")} `,
    el("time", {}, countdown(lottery.closes_at, look)),
  );
  if (!mine) return [closing, button(say("Sign in to draw", "登录抽奖"), signIn)];
  const free = mine.free + mine.entries;
  const paid = mine.points !== null && mine.spendable >= mine.points;
  const may = mine.allowed !== 0 && (free > 0 || paid);
  const cost = free > 0 ? say(`${free} left`, `剩余 ${free} 次`) : say(`${mine.points} points`, `${mine.points} 积分`);
  return [
    closing,
    may
      ? button(`${say("Draw", "抽奖")} · ${cost}`, () => draws(lottery))
      : line(say("No draws are left.", "抽奖次数已用完。")),
  ];
}

function draw(lottery: Lottery): void {
  setClock(lottery.now);
  const percent = (odds: number) => `${odds / (WHOLE / 100)} %`;
  const prizes = lottery.prizes.map((one) =>
    el(
      "li",
      {},
      el("span", {}, one.name),
      el("span", {}, `${percent(one.odds)} · ${say(`${one.left} left`, `剩 ${one.left}`)}`),
    ),
  );
  const mine = lottery.draws.map((one) =>
    el(
      "li",
      {},
      el("span", {}, one.prize?.name ?? say("thanks for playing", "谢谢参与")),
      el("span", {}, `#${one.number}`),
    ),
  );
  show(
    el("h1", {}, lottery.name),
    el("section", { className: "card" }, el("ul", { className: "sums plain" }, ...prizes), ...standing(lottery)),
    mine.length > 0 &&
      el(
        "section",
        { className: "card" },
        el("h2", {}, say("My draws", "我的抽奖")),
        el("ul", { className: "sums plain" }, ...mine),
      ),
    el(
      "p",
      { className: "rule" },
      say("Every draw was fixed before anybody took part. ", "每次抽奖结果在开始前就已确定。"),
      el("code", {}, lottery.commitment.slice(0, 16)),
    ),
    !isSignedIn() &&
      lottery.ended_at &&
      told.signInUrl &&
      button(say("Sign in to see your draws", "登录查看我的抽奖"), signIn, "plain"),
  );
}

async function look(): Promise<void> {
  draw(await ask<Lottery>(`/v1/lotteries/${encodeURIComponent(told.id)}`));
}

interface Play {
  rules: { lottery_id: string };
}

/** The play has a lottery at a time, each with a page of its own. */
async function begin(): Promise<void> {
  if (told.page === "lottery") return look();
  const play = await ask<Play>(`/v1/plays/${encodeURIComponent(told.id)}`);
  leave(`${location.origin}/p/lottery/${play.rules.lottery_id}`);
}

begin().catch((error: Error) => show(el("section", { className: "card" }, line(error.message))));
