/** What a trend asks: its figures, formulas over them, and by what they are told apart. */
import { Button, Checkbox, Input, InputNumber, Select } from "antd";
import { useEffect, useState } from "react";
import { useI18n } from "../i18n/i18n";
import { DeleteOutlined, PlusOutlined } from "../ui/icons";
import {
  ApartInput,
  CountInput,
  DaysInput,
  EventsInput,
  Fault,
  Field,
  FieldInput,
  SegmentInput,
  WhereInput,
} from "./inputs";
import { ofSegment } from "./question";
import {
  figures,
  firstSeries,
  isOfNumber,
  letterOf,
  mostSeries,
  type TrendAsked,
  type TrendFigure,
  type TrendInterval,
  type TrendSeries,
  trendIntervals,
} from "./trend";
import type { Asking } from "./useAsked";

const numbers = ["revenue", "quantity"];

export function TrendBuilder({ asking }: { asking: Asking<TrendAsked> }) {
  const { t } = useI18n();
  const { asked, view, change } = asking;
  return (
    <>
      <Field label={t("trending.series")} at={["series"]}>
        <ol className="asked-steps">
          {asked.series.map((series, place) => (
            // Series have no name of their own but their letter, and hold no state.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            <li key={place} className="asked-step">
              <span className="asked-number" aria-hidden="true">
                {letterOf(place)}
              </span>
              <Series
                letter={letterOf(place)}
                series={series}
                onChange={(next) =>
                  change({ ...asked, series: asked.series.map((old, other) => (other === place ? next : old)) })
                }
              />
              <span className="asked-tools">
                {asked.series.length > 1 && (
                  <Button
                    type="text"
                    size="small"
                    icon={<DeleteOutlined />}
                    aria-label={t("trending.removeSeries", { letter: letterOf(place) })}
                    title={t("trending.removeSeries", { letter: letterOf(place) })}
                    onClick={() => change({ ...asked, series: asked.series.filter((_, other) => other !== place) })}
                  />
                )}
              </span>
            </li>
          ))}
        </ol>
        {asked.series.length < mostSeries && (
          <Button
            type="link"
            size="small"
            icon={<PlusOutlined />}
            onClick={() => change({ ...asked, series: [...asked.series, firstSeries] })}
          >
            {t("trending.addSeries")}
          </Button>
        )}
      </Field>
      <Formulas asked={asked} change={change} />
      <DaysInput asking={asking} />
      <Field label={t("asked.interval")} at={["interval"]}>
        <Select<TrendInterval>
          aria-label={t("asked.interval")}
          value={asked.interval ?? view.interval}
          options={trendIntervals.map((interval) => ({ value: interval, label: t(`trending.interval.${interval}`) }))}
          onChange={(interval) => change({ ...asked, interval })}
        />
      </Field>
      <ApartInput
        also={["category", "brand"]}
        value={asked.breakDown}
        onChange={(breakDown) => change({ ...asked, breakDown })}
      />
      {asked.breakDown !== "" && (
        <span className="asked-between">
          {t("trending.top")}
          <CountInput
            label={t("trending.top")}
            least={1}
            most={100}
            value={asked.top}
            onChange={(top) => change({ ...asked, top })}
          />
        </span>
      )}
      <SegmentInput value={asked.segment} onChange={(segment) => change(ofSegment(asked, segment))} />
      <Checkbox checked={asked.compare} onChange={(box) => change({ ...asked, compare: box.target.checked })}>
        {t("trending.compare")}
      </Checkbox>
    </>
  );
}

function Series({
  letter,
  series,
  onChange,
}: {
  letter: string;
  series: TrendSeries;
  onChange: (series: TrendSeries) => void;
}) {
  const { t } = useI18n();
  const place = letter.charCodeAt(0) - 65;
  return (
    <span className="stack asked-series">
      <EventsInput
        label={t("trending.events", { letter })}
        placeholder={t("insights.anyEvent")}
        value={series.events}
        onChange={(events) => onChange({ ...series, events })}
      />
      <WhereInput where={series.where} onChange={(where) => onChange({ ...series, where })} />
      <span className="asked-between">
        <Select<TrendFigure>
          aria-label={t("trending.figure", { letter })}
          value={series.figure}
          popupMatchSelectWidth={false}
          options={figures.map((figure) => ({ value: figure, label: t(`trending.figure.${figure}`) }))}
          onChange={(figure) => onChange({ ...series, figure })}
        />
        {series.figure === "percentile" && (
          <InputNumber
            aria-label={t("trending.percentile")}
            className="asked-count"
            min={0}
            max={100}
            value={series.percentile}
            onChange={(percentile) => percentile !== null && onChange({ ...series, percentile })}
          />
        )}
        {isOfNumber(series.figure) && (
          <FieldInput
            label={t("trending.of", { letter })}
            only={numbers}
            value={series.of}
            onChange={(of) => onChange({ ...series, of })}
          />
        )}
      </span>
      <Fault at={`series.${place}`} />
    </span>
  );
}

function Formulas({ asked, change }: { asked: TrendAsked; change: (next: TrendAsked) => void }) {
  const { t } = useI18n();
  const put = (formulas: string[]) => change({ ...asked, formulas });
  return (
    <Field label={t("trending.formulas")} at={["formulas"]}>
      {asked.formulas.map((formula, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: formulas have no name but their place
        <span key={place} className="asked-between">
          <FormulaInput
            value={formula}
            onChange={(text) => put(asked.formulas.map((old, other) => (other === place ? text : old)))}
          />
          <Button
            type="text"
            size="small"
            icon={<DeleteOutlined />}
            aria-label={t("trending.removeFormula")}
            title={t("trending.removeFormula")}
            onClick={() => put(asked.formulas.filter((_, other) => other !== place))}
          />
        </span>
      ))}
      {asked.formulas.length < mostSeries && (
        <Button type="link" size="small" icon={<PlusOutlined />} onClick={() => put([...asked.formulas, ""])}>
          {t("trending.addFormula")}
        </Button>
      )}
    </Field>
  );
}

/** Asked once it is wholly typed. */
function FormulaInput({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const { t } = useI18n();
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const done = () => typed.trim() !== value && onChange(typed.trim());
  return (
    <Input
      aria-label={t("trending.formula")}
      placeholder="A / B * 100"
      value={typed}
      onChange={(typing) => setTyped(typing.target.value)}
      onBlur={done}
      onPressEnter={done}
    />
  );
}
