/** What a campaign has done: reach, plays, orders and cost, each with what it is. */
import { Progress } from "antd";
import type { CampaignInterval, CampaignNumbers, CampaignTerms } from "../api/campaigns";
import { useI18n } from "../i18n/i18n";
import type { Place } from "../people/usePlace";
import { type Fact, Facts } from "../ui/Facts";
import { Panel } from "../ui/Page";
import { Lift } from "./Lift";

export function Numbers({ numbers, terms, place }: { numbers: CampaignNumbers; terms: CampaignTerms; place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  const { lift, spread, goal, currency } = numbers;
  const money = (minor: number | null | undefined) => format.money(minor, currency);
  const ratio = (value: number | null | undefined) =>
    value == null ? "—" : value.toLocaleString(place.tag, { maximumFractionDigits: 2 });
  const between = (found: CampaignInterval | null | undefined, shown: (value: number) => string) =>
    found == null ? undefined : `${shown(found.low)} … ${shown(found.high)}`;
  const fact = (name: FigureName, value: string, note?: string): Fact => ({
    name: t(`campaigns.figures.${name}`),
    value,
    hint: t(`campaigns.defined.${name}`),
    ...(note === undefined ? {} : { note }),
  });
  const spent = numbers.cost_minor + numbers.reserved_minor;
  return (
    <div className="stack">
      <Facts
        label={t("campaigns.part.reach")}
        facts={[
          fact("reach", format.count(numbers.reach)),
          fact("exposed", format.count(numbers.exposed)),
          fact("heldOut", format.count(numbers.held_out)),
          fact("joins", format.count(numbers.joins)),
          fact("completions", format.count(numbers.completions), `/ ${format.count(numbers.runs)}`),
          fact("kFactor", ratio(spread.k_factor)),
        ]}
      />
      <Facts
        label={t("campaigns.part.money")}
        facts={[
          fact("orders", format.count(numbers.orders)),
          fact("revenue", money(numbers.revenue_minor)),
          fact("cost", money(numbers.cost_minor)),
          fact("returnOnSpend", ratio(numbers.return_on_spend)),
          fact(
            "incremental",
            money(lift.incremental_revenue_minor?.estimate),
            between(lift.incremental_revenue_minor, money),
          ),
          fact(
            "roi",
            lift.roi == null ? "—" : format.change(lift.roi.estimate),
            between(lift.roi, (value) => format.change(value)),
          ),
          fact("costPerOrder", money(lift.cost_per_incremental_order_minor)),
        ]}
      />
      <Panel title={t("campaigns.part.progress")} label={t("campaigns.part.progress")}>
        <div className="panel-body stack">
          {terms.budget_minor != null && (
            <div>
              {t("campaigns.budgetSpent", { spent: money(spent), budget: money(terms.budget_minor) })}
              <Progress percent={part(spent, terms.budget_minor)} aria-label={t("campaigns.budget")} />
            </div>
          )}
          {goal != null && (
            <div>
              {t("campaigns.goalReached", {
                metric: t(`campaigns.goal.${goal.metric}`),
                reached: shownGoal(goal.metric, goal.reached, format.count, money),
                target: shownGoal(goal.metric, goal.target, format.count, money),
              })}
              <Progress percent={part(goal.reached ?? 0, goal.target)} aria-label={t("campaigns.goal")} />
            </div>
          )}
        </div>
      </Panel>
      <Lift numbers={numbers} place={place} />
    </div>
  );
}

type FigureName =
  | "reach"
  | "exposed"
  | "heldOut"
  | "joins"
  | "completions"
  | "kFactor"
  | "orders"
  | "revenue"
  | "cost"
  | "returnOnSpend"
  | "incremental"
  | "roi"
  | "costPerOrder";

const part = (some: number, all: number) => Math.max(0, Math.min(100, Math.round((100 * some) / all)));

type Shown = (value: number | null | undefined) => string;

function shownGoal(metric: string, value: number | null | undefined, count: Shown, money: Shown): string {
  return metric === "revenue" || metric === "incremental_revenue" ? money(value) : count(value);
}
