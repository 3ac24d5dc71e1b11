/** The rules of a quiz as a form: the questions with their right answers, the time, attempts, and what so many right answers give. */
import { Button, Checkbox, Input } from "antd";
import type { Question, Quiz } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { CountInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";
import { freshQuestion } from "./plays";
import { RewardInput } from "./RewardInput";

interface Props {
  rules: Quiz;
  onChange: (part: Partial<Quiz>) => void;
}

export function QuizForm({ rules, onChange: change }: Props) {
  const { t } = useI18n();
  const { questions } = rules;
  const rewards = rules.rewards ?? [];
  const setReward = (at: number, part: Partial<(typeof rewards)[number]>) =>
    change({ rewards: rewards.map((one, place) => (place === at ? { ...one, ...part } : one)) });
  const next = { correct: (rewards.at(-1)?.correct ?? 0) + 1, reward: { stock: 1_000, gives: points } };
  return (
    <div className="stack">
      <div className="fields">
        {(["seconds", "ask", "per_day", "in_all", "rewarded"] as const).map((field) => (
          <Field key={field} label={t(`quizzes.${field}`)}>
            <CountInput
              label={t(`quizzes.${field}`)}
              least={1}
              value={rules[field]}
              onChange={(count) => change({ [field]: count ?? (field === "seconds" ? 60 : null) })}
            />
          </Field>
        ))}
        <Checkbox checked={rules.reveal ?? true} onChange={(ticked) => change({ reveal: ticked.target.checked })}>
          {t("quizzes.reveal")}
        </Checkbox>
      </div>
      {questions.map((question, at) => (
        <QuestionInput
          // biome-ignore lint/suspicious/noArrayIndexKey: a question's identifier is being typed
          key={at}
          question={question}
          onChange={(part) =>
            change({ questions: questions.map((one, place) => (place === at ? { ...one, ...part } : one)) })
          }
          onRemove={() => change({ questions: questions.filter((_, place) => place !== at) })}
        />
      ))}
      <div>
        <Button onClick={() => change({ questions: [...questions, freshQuestion(questions.length + 1)] })}>
          {t("quizzes.addQuestion")}
        </Button>
      </div>
      {rewards.map((one, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: what it is for is being typed
        <div className="fields" key={at}>
          <Field label={t("quizzes.correct")}>
            <CountInput
              label={t("quizzes.correct")}
              least={1}
              value={one.correct}
              onChange={(correct) => setReward(at, { correct: correct ?? 1 })}
            />
          </Field>
          <RewardInput needed reward={one.reward} onChange={(reward) => reward && setReward(at, { reward })} />
          <Button onClick={() => change({ rewards: rewards.filter((_, place) => place !== at) })}>
            {t("points.remove")}
          </Button>
        </div>
      ))}
      <div>
        <Button onClick={() => change({ rewards: [...rewards, next] })}>{t("quizzes.addReward")}</Button>
      </div>
    </div>
  );
}

const points = { kind: "points" as const, points: 10 };

interface QuestionProps {
  question: Question;
  onChange: (part: Partial<Question>) => void;
  onRemove: () => void;
}

function QuestionInput({ question, onChange, onRemove }: QuestionProps) {
  const { t } = useI18n();
  const { options, right } = question;
  const remove = (at: number) =>
    onChange({
      options: options.filter((_, place) => place !== at),
      right: right.filter((place) => place !== at + 1).map((place) => (place > at + 1 ? place - 1 : place)),
    });
  return (
    <fieldset className="tier">
      <div className="fields">
        <Field label={t("quizzes.question_id")}>
          <Input
            aria-label={t("quizzes.question_id")}
            className="mono"
            value={question.question_id}
            onChange={(typed) => onChange({ question_id: typed.target.value.trim() })}
          />
        </Field>
        <Field label={t("quizzes.text")}>
          <Input
            aria-label={t("quizzes.text")}
            className="offer-name"
            value={question.text}
            onChange={(typed) => onChange({ text: typed.target.value })}
          />
        </Field>
        <Field label={t("quizzes.about")}>
          <Input
            aria-label={t("quizzes.about")}
            className="offer-name"
            value={question.about ?? ""}
            onChange={(typed) => onChange({ about: typed.target.value })}
          />
        </Field>
        <Field label={t("votes.imageUrl")}>
          <Input
            aria-label={t("votes.imageUrl")}
            value={question.image_url ?? ""}
            onChange={(typed) => onChange({ image_url: typed.target.value.trim() || null })}
          />
        </Field>
        <Button onClick={onRemove}>{t("points.remove")}</Button>
      </div>
      {options.map((option, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an answer is being typed
        <div className="fields" key={at}>
          <Field label={t("quizzes.option")}>
            <Input
              aria-label={t("quizzes.option")}
              className="plain-input"
              value={option}
              onChange={(typed) =>
                onChange({ options: options.map((one, place) => (place === at ? typed.target.value : one)) })
              }
            />
          </Field>
          <Checkbox
            checked={right.includes(at + 1)}
            onChange={(ticked) =>
              onChange({
                right: ticked.target.checked
                  ? [...right, at + 1].sort((one, other) => one - other)
                  : right.filter((place) => place !== at + 1),
              })
            }
          >
            {t("quizzes.right")}
          </Checkbox>
          {options.length > 2 && <Button onClick={() => remove(at)}>{t("points.remove")}</Button>}
        </div>
      ))}
      <div>
        <Button onClick={() => onChange({ options: [...options, ""] })}>{t("quizzes.addOption")}</Button>
      </div>
    </fieldset>
  );
}
