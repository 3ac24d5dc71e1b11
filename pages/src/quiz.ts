/** A quiz: what it promises, the questions while they can be answered, and how it went. */
import { ask, command, isSignedIn, signIn } from "./ask";
import { button, el, line, show } from "./draw";
import { countdown, setClock } from "./figures";
import { say, told } from "./told";

type Gift = { kind: "points"; points: number } | { kind: "coupon" };
interface Promised {
  correct: number;
  gives: Gift;
}
interface Question {
  question_id: string;
  text: string;
  image_url: string | null;
  options: string[];
  several: boolean;
  chosen: number[] | null;
  right: number[] | null;
  about: string | null;
}
interface Attempt {
  attempt_id: string;
  state: "open" | "answered" | "ran_out";
  closes_at: string;
  questions: Question[];
  promised: Promised[];
  correct: number | null;
  reward: Gift | null;
}
interface Quiz {
  play_id: string;
  name: string;
  ends_at: string | null;
  asks: number;
  seconds: number;
  rewards: Promised[];
  mine: { left_today: number; left_rewards: number; attempt: Attempt | null } | null;
  now: string;
}

const card = (...children: Parameters<typeof show>) => el("section", { className: "card" }, ...children);

function gift(gives: Gift): string {
  return gives.kind === "points" ? say(`${gives.points} points`, `${gives.points} 积分`) : say("a coupon", "优惠券");
}

/** The attempt that is shown after it was answered, until another begins. */
let finished: string | null = null;

async function begin(): Promise<void> {
  if (!isSignedIn()) return signIn();
  await command<Attempt>("/v1/quizzes/begin", { play_id: told.id });
  await look();
}

/** What is chosen in a form, by question. */
function chosenIn(form: HTMLFormElement): Record<string, number[]> {
  const answers: Record<string, number[]> = {};
  for (const input of form.querySelectorAll<HTMLInputElement>("input:checked")) {
    answers[input.name] = [...(answers[input.name] ?? []), Number(input.value)];
  }
  return answers;
}

function asked(question: Question, number: number): HTMLElement {
  const options = question.options.map((option, at) =>
    el(
      "label",
      {},
      el("input", { type: question.several ? "checkbox" : "radio", name: question.question_id, value: `${at + 1}` }),
      ` ${option}`,
    ),
  );
  const several = question.several && el("small", {}, say("Choose all that are right.", "多选题，选出所有正确答案。"));
  return el(
    "fieldset",
    { className: "card question" },
    el("legend", {}, `${number}. ${question.text}`),
    question.image_url && el("img", { src: question.image_url, alt: "", loading: "lazy" }),
    several,
    ...options,
  );
}

function answering(attempt: Attempt): void {
  const form = el("form", {}, ...attempt.questions.map((question, at) => asked(question, at + 1)));
  const handIn = async () => {
    const answer = { play_id: told.id, attempt_id: attempt.attempt_id, answers: chosenIn(form) };
    await command<Attempt>("/v1/quizzes/answer", answer);
    finished = attempt.attempt_id;
    await look();
    scrollTo(0, 0);
  };
  const press = button(say("Hand in", "交卷"), handIn);
  form.onsubmit = (event) => event.preventDefault();
  form.append(press);
  // When the time is over, what is chosen by then is handed in.
  const clock = countdown(attempt.closes_at, () => press.click());
  const practice = attempt.promised.length === 0 && el("p", { className: "closing" }, forPractice());
  show(el("h1", {}, document.title), line(say("time left ", "剩余时间 "), clock), practice, form);
}

const forPractice = () => say("For practice: nothing more can be earned.", "练习模式：已无奖励可领取。");

/** A question after it was answered. */
function toldOf(question: Question): HTMLElement {
  const { chosen, right } = question;
  const options = question.options.map((option, at) => {
    const mark = right?.includes(at + 1) ? "✓ " : chosen?.includes(at + 1) && right ? "✗ " : "";
    const text = `${mark}${option}`;
    return el("li", {}, chosen?.includes(at + 1) ? el("strong", {}, text) : text);
  });
  return card(
    el("h2", {}, question.text),
    el("ul", { className: "options" }, ...options),
    question.about && el("small", {}, question.about),
  );
}

function draw(quiz: Quiz): void {
  setClock(quiz.now);
  const { mine } = quiz;
  const attempt = mine?.attempt ?? null;
  if (attempt?.state === "open") {
    answering(attempt);
    return;
  }
  const over = quiz.ends_at !== null && Date.parse(quiz.ends_at) <= Date.parse(quiz.now);
  const { asks, seconds } = quiz;
  const rewards = quiz.rewards.map((one) =>
    el(
      "li",
      {},
      el("span", {}, say(`${one.correct} of ${asks} right`, `答对 ${one.correct}/${asks} 题`)),
      el("span", {}, gift(one.gives)),
    ),
  );
  const left = mine?.left_today ?? 1;
  const done = attempt?.state === "answered" && attempt;
  const score = done && say(`${done.correct} of ${asks} right`, `答对 ${done.correct}/${asks} 题`);
  const earned = done && (done.reward ? say(`You get ${gift(done.reward)}.`, `获得 ${gift(done.reward)}。`) : "");
  const label = done ? say("Once more", "再答一次") : say("Begin", "开始答题");
  show(
    el("h1", {}, quiz.name),
    done && card(line(`${score}. ${earned}`)),
    attempt?.state === "ran_out" && card(line(say("The time ran out.", "上次答题已超时。"))),
    card(
      line(say(`${asks} questions, ${seconds} seconds`, `${asks} 道题，限时 ${seconds} 秒`)),
      rewards.length > 0 && el("ul", { className: "sums plain" }, ...rewards),
      mine && mine.left_rewards === 0 && rewards.length > 0 && el("p", { className: "closing" }, forPractice()),
      over && line(say("It is over.", "活动已结束。")),
      !over && left > 0 && button(label, begin),
      !over && left === 0 && line(say("Come again tomorrow.", "今日次数已用完，明天再来。")),
    ),
    ...(done && done.attempt_id === finished ? done.questions.map(toldOf) : []),
  );
}

async function look(): Promise<void> {
  draw(await ask<Quiz>(`/v1/quizzes/${encodeURIComponent(told.id)}`));
}

look().catch((error: Error) => show(card(line(error.message))));
