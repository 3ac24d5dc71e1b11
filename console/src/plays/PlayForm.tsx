/** The terms of a play as a form: its name and time, and the rules of its kind. */
import { DatePicker, Input } from "antd";
import dayjs from "dayjs";
import type { PlayTerms, Rules } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { Field } from "../offers/BenefitForm";
import { AssistForm } from "./AssistForm";
import { BargainForm } from "./BargainForm";
import { CheckInForm } from "./CheckInForm";
import { ContestForm } from "./ContestForm";
import { GroupBuyForm } from "./GroupBuyForm";
import { LotteryForm } from "./LotteryForm";
import { ending } from "./plays";
import { QuizForm } from "./QuizForm";
import { ReferralForm } from "./ReferralForm";
import { TasksForm } from "./TasksForm";
import { VoteForm } from "./VoteForm";

interface Props {
  terms: PlayTerms;
  currency: string;
  onChange: (terms: PlayTerms) => void;
}

export function PlayForm({ terms, currency, onChange }: Props) {
  const { t } = useI18n();
  return (
    <div className="panel benefit tier">
      <div className="fields">
        <Field label={t("offers.name")}>
          <Input
            aria-label={t("offers.name")}
            className="offer-name"
            value={terms.name}
            onChange={(typed) => onChange({ ...terms, name: typed.target.value })}
          />
        </Field>
        {terms.rules.kind === "contest" && (
          <Field label={t("contests.startsAt")}>
            <DatePicker
              aria-label={t("contests.startsAt")}
              showTime
              value={terms.starts_at == null ? null : dayjs(terms.starts_at)}
              onChange={(moment) => onChange({ ...terms, starts_at: moment?.toISOString() ?? null })}
            />
          </Field>
        )}
        {ending.includes(terms.rules.kind) && (
          <Field label={t("plays.endsAt")}>
            <DatePicker
              aria-label={t("plays.endsAt")}
              showTime
              value={terms.ends_at == null ? null : dayjs(terms.ends_at)}
              onChange={(moment) => onChange({ ...terms, ends_at: moment?.toISOString() ?? null })}
            />
          </Field>
        )}
      </div>
      <OfKind rules={terms.rules} currency={currency} onChange={(rules) => onChange({ ...terms, rules })} />
    </div>
  );
}

function OfKind({ rules, currency, onChange }: { rules: Rules; currency: string; onChange: (rules: Rules) => void }) {
  switch (rules.kind) {
    case "group_buy":
      return <GroupBuyForm rules={rules} currency={currency} onChange={(part) => onChange({ ...rules, ...part })} />;
    case "bargain":
      return <BargainForm rules={rules} currency={currency} onChange={(part) => onChange({ ...rules, ...part })} />;
    case "lottery":
      return <LotteryForm rules={rules} onChange={(part) => onChange({ ...rules, ...part })} />;
    case "check_in":
      return <CheckInForm rules={rules} onChange={(part) => onChange({ ...rules, ...part })} />;
    case "tasks":
      return <TasksForm rules={rules} onChange={(part) => onChange({ ...rules, ...part })} />;
    case "assist":
      return <AssistForm rules={rules} onChange={(part) => onChange({ ...rules, ...part })} />;
    case "vote":
      return <VoteForm rules={rules} onChange={(part) => onChange({ ...rules, ...part })} />;
    case "quiz":
      return <QuizForm rules={rules} onChange={(part) => onChange({ ...rules, ...part })} />;
    case "contest":
      return <ContestForm rules={rules} onChange={(part) => onChange({ ...rules, ...part })} />;
    case "referral":
      return <ReferralForm rules={rules} onChange={(part) => onChange({ ...rules, ...part })} />;
  }
}
