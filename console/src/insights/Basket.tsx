/** What is bought together. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Input, Select } from "antd";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { useI18n } from "../i18n/i18n";
import { usePlace } from "../people/usePlace";
import { Facts } from "../ui/Facts";
import {
  askBasket,
  type BasketAnswer,
  type BasketAsked,
  basketBody,
  basketForm,
  basketTable,
  levels,
  ruleName,
  sortings,
} from "./analyses";
import { barsOption, sidewaysHeight } from "./analysisOptions";
import { Insight } from "./Insight";
import type { QuestionProps } from "./InsightsPage";
import { AnswerBar, CountInput, DaysInput, Field, Nothing } from "./inputs";
import { type Asking, useAsked } from "./useAsked";

export function Basket({ days, initial }: QuestionProps) {
  const { t } = useI18n();
  const asking = useAsked(basketForm, initial, days);
  const { asked, change } = asking;
  const body = basketBody(asked, asking.view);
  const answer = useQuery({
    queryKey: ["insights", "basket", body],
    queryFn: ({ signal }) => askBasket(body, signal),
    placeholderData: keepPreviousData,
  });
  const search = (text: string) => text.trim() !== asked.with && change({ ...asked, with: text.trim() });
  const builder = (
    <>
      <Field label={t("bundling.level")} at={["level"]}>
        <Select
          aria-label={t("bundling.level")}
          value={asked.level}
          options={levels.map((level) => ({ value: level, label: t(`bundling.${level}`) }))}
          onChange={(level) => change({ ...asked, level })}
        />
      </Field>
      <Field label={t("bundling.with")} at={["with"]}>
        <Input
          key={asked.with}
          aria-label={t("bundling.with")}
          placeholder={t("bundling.any")}
          allowClear
          defaultValue={asked.with}
          onClear={() => search("")}
          onBlur={(event) => search(event.target.value)}
          onPressEnter={(event) => search(event.currentTarget.value)}
        />
      </Field>
      <Field label={t("bundling.items")} at={["items"]}>
        <CountInput
          label={t("bundling.items")}
          value={asked.items}
          least={2}
          most={5}
          onChange={(items) => change({ ...asked, items })}
        />
      </Field>
      <Field label={t("bundling.leastOrders")} at={["least_orders"]} hint={t("bundling.leastOrdersHint")}>
        <CountInput
          label={t("bundling.leastOrders")}
          value={asked.leastOrders}
          most={999_999}
          onChange={(leastOrders) => change({ ...asked, leastOrders })}
        />
      </Field>
      <Field label={t("bundling.leastPercent")} at={["least_confidence"]}>
        <CountInput
          label={t("bundling.leastPercent")}
          value={asked.leastPercent}
          most={100}
          onChange={(leastPercent) => change({ ...asked, leastPercent })}
        />
      </Field>
      <Field label={t("bundling.sort")} at={["sort"]}>
        <Select
          aria-label={t("bundling.sort")}
          value={asked.sort}
          options={sortings.map((sort) => ({ value: sort, label: t(`bundling.${sort}`) }))}
          onChange={(sort) => change({ ...asked, sort })}
        />
      </Field>
      <DaysInput asking={asking} />
    </>
  );
  return (
    <Insight builder={builder} answer={answer} incomplete={null} save={{ kind: "basket", question: body }}>
      {(figures) =>
        figures.rules.length === 0 ? (
          <Nothing title={t("bundling.noneTitle")} text={t("bundling.noneText")} />
        ) : (
          <Figures answer={figures} asking={asking} />
        )
      }
    </Insight>
  );
}

/** So many rules a chart shows. */
const mostBars = 8;

function Figures({ answer, asking }: { answer: BasketAnswer; asking: Asking<BasketAsked> }) {
  const { t } = useI18n();
  const { format, tag } = usePlace();
  const { palette } = useTheme();
  const { rules } = answer;
  const decimal = new Intl.NumberFormat(tag, { maximumFractionDigits: 2 });
  const top = rules.slice(0, mostBars);
  const series = [
    { name: t("bundling.confidence"), colour: palette.vine, values: top.map(({ confidence }) => confidence) },
    { name: t("bundling.support"), colour: palette.sky, values: top.map(({ support }) => support) },
  ];
  const option = barsOption({
    sideways: true,
    names: top.map(ruleName),
    series,
    say: format.percent,
    short: format.percent,
    palette,
  });
  return (
    <>
      <AnswerBar name="basket" range={asking.view} table={() => basketTable(answer)} />
      <Facts
        label={t("insights.answer")}
        facts={[
          { name: t("bundling.orders"), value: <span data-figure="orders">{format.count(answer.orders)}</span> },
          { name: t("bundling.different"), value: format.count(answer.items) },
          {
            name: t("bundling.each"),
            value: answer.items_each == null ? "—" : decimal.format(answer.items_each),
          },
          {
            name: t("bundling.found"),
            value: <span data-figure="rules">{format.count(answer.found)}</span>,
            note: t("bundling.least", { count: format.count(answer.least_orders) }),
          },
        ]}
      />
      <ChartPanel
        title={t("bundling.title")}
        label={t("bundling.chart")}
        legend={series.map(({ name, colour }) => [colour, name, "bar"] as const)}
        option={option}
        height={sidewaysHeight(top.length, 2)}
        minWidth={480}
        head={[
          t("bundling.rule"),
          t("bundling.orders"),
          t("bundling.support"),
          t("bundling.confidence"),
          t("bundling.lift"),
          t("bundling.leverage"),
          t("bundling.conviction"),
        ]}
        rows={rules.map((rule) => ({
          key: `${rule.with.map(({ item }) => item).join("\u0000")}\u0001${rule.also.item}`,
          name: ruleName(rule),
          cells: [
            format.count(rule.orders),
            format.percent(rule.support),
            format.percent(rule.confidence),
            decimal.format(rule.lift),
            format.percent(rule.leverage),
            rule.conviction == null ? "∞" : decimal.format(rule.conviction),
          ],
        }))}
        foot={t("bundling.about")}
      />
    </>
  );
}
