/** What a funnel asks: its steps, how they follow one another, what must not happen, and by what it is cut. */
import { Button, Checkbox, Select } from "antd";
import { useI18n } from "../i18n/i18n";
import { ArrowUpOutlined, DeleteOutlined, PlusOutlined } from "../ui/icons";
import {
  ApartInput,
  DaysInput,
  EventsInput,
  Fault,
  Field,
  FieldInput,
  SegmentInput,
  SpanInput,
  WhereInput,
} from "./inputs";
import {
  addedStep,
  type Exclusion,
  type FunnelAsked,
  mostSteps,
  type Order,
  ofSegment,
  orders,
  type Step,
  withEntries,
  withOrder,
  withoutStep,
  withSteps,
} from "./question";
import type { Asking } from "./useAsked";

export function FunnelBuilder({ asking }: { asking: Asking<FunnelAsked> }) {
  const { t } = useI18n();
  const { asked, change } = asking;
  return (
    <>
      <Steps asked={asked} change={change} />
      <Field label={t("asked.order")} at={["order"]} hint={t(`asked.orderHint.${asked.order}`)}>
        <Select<Order>
          aria-label={t("asked.order")}
          value={asked.order}
          options={orders.map((order) => ({ value: order, label: t(`asked.${order}`) }))}
          onChange={(order) => change(withOrder(asked, order))}
        />
      </Field>
      <Field label={t("asked.within")} at={["within_s"]}>
        <SpanInput label={t("asked.within")} value={asked.within} onChange={(within) => change({ ...asked, within })} />
      </Field>
      {asked.order !== "any" && (
        <Field label={t("asked.counted")} at={["counted"]} hint={t("asked.countedHint")}>
          <Select<"shoppers" | "entries">
            aria-label={t("asked.counted")}
            value={asked.entries ? "entries" : "shoppers"}
            options={(["shoppers", "entries"] as const).map((value) => ({ value, label: t(`asked.counted.${value}`) }))}
            onChange={(value) => change(withEntries(asked, value === "entries"))}
          />
        </Field>
      )}
      <DaysInput asking={asking} />
      <ApartInput value={asked.breakDown} onChange={(breakDown) => change({ ...asked, breakDown })} />
      <Field label={t("asked.same")} at={["same"]}>
        <FieldInput label={t("asked.same")} value={asked.same} onChange={(same) => change({ ...asked, same })} />
      </Field>
      <SegmentInput value={asked.segment} onChange={(segment) => change(ofSegment(asked, segment))} />
      {asked.order === "ordered" && <Exclusions asked={asked} change={change} />}
    </>
  );
}

interface Part {
  asked: FunnelAsked;
  change: (next: FunnelAsked) => void;
}

function Steps({ asked, change }: Part) {
  const { t } = useI18n();
  const { steps } = asked;
  const put = (place: number, step: Step) =>
    change({ ...asked, steps: steps.map((old, other) => (other === place ? step : old)) });
  const moveUp = (place: number) => {
    const moved = [...steps];
    moved.splice(place - 1, 2, ...steps.slice(place - 1, place + 1).reverse());
    change(withSteps(asked, moved));
  };
  return (
    <Field label={t("asked.steps")}>
      <ol className="asked-steps">
        {steps.map((step, place) => {
          const number = place + 1;
          const inner = place > 0 && number < steps.length && asked.order !== "any";
          return (
            // Steps have no name of their own, and hold no state.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            <li key={place} className="asked-step">
              <span className="asked-number" aria-hidden="true">
                {number}
              </span>
              <span className="stack asked-series">
                <EventsInput
                  label={t("asked.stepEvents", { number })}
                  value={step.events}
                  onChange={(events) => put(place, { ...step, events })}
                />
                <WhereInput where={step.where} onChange={(where) => put(place, { ...step, where })} />
              </span>
              <span className="asked-tools">
                {place > 0 && (
                  <Button
                    type="text"
                    size="small"
                    icon={<ArrowUpOutlined />}
                    aria-label={t("asked.stepUp", { number })}
                    title={t("asked.stepUp", { number })}
                    onClick={() => moveUp(place)}
                  />
                )}
                {steps.length > 2 && (
                  <Button
                    type="text"
                    size="small"
                    icon={<DeleteOutlined />}
                    aria-label={t("asked.removeStep", { number })}
                    title={t("asked.removeStep", { number })}
                    onClick={() => change(withoutStep(asked, place))}
                  />
                )}
              </span>
              {inner && (
                <Checkbox
                  className="asked-more"
                  aria-label={`${t("asked.step", { number })}: ${t("asked.optional")}`}
                  checked={step.optional}
                  onChange={(box) => put(place, { ...step, optional: box.target.checked })}
                >
                  {t("asked.optional")}
                </Checkbox>
              )}
              <Fault at={`steps.${place}`} />
            </li>
          );
        })}
      </ol>
      {steps.length < mostSteps && (
        <Button type="dashed" size="small" icon={<PlusOutlined />} onClick={() => change(addedStep(asked))}>
          {t("asked.addStep")}
        </Button>
      )}
    </Field>
  );
}

function Exclusions({ asked, change }: Part) {
  const { t } = useI18n();
  const { exclude, steps } = asked;
  const put = (place: number, next: Exclusion) =>
    change({ ...asked, exclude: exclude.map((old, other) => (other === place ? next : old)) });
  const numbers = (from: number, to: number) =>
    steps.flatMap((_, place) =>
      place + 1 >= from && place + 1 <= to ? [{ value: place + 1, label: String(place + 1) }] : [],
    );
  return (
    <Field label={t("asked.exclude")}>
      <ul className="asked-steps">
        {exclude.map((one, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <li key={place} className="asked-step asked-exclusion">
            <EventsInput
              label={t("asked.excludedEvents")}
              value={one.events}
              onChange={(events) => put(place, { ...one, events })}
            />
            <Button
              type="text"
              size="small"
              icon={<DeleteOutlined />}
              aria-label={t("asked.removeExclusion")}
              title={t("asked.removeExclusion")}
              onClick={() => change({ ...asked, exclude: exclude.filter((_, other) => other !== place) })}
            />
            <span className="asked-more asked-between">
              {t("asked.after")}
              <Select
                aria-label={t("asked.after")}
                size="small"
                value={one.after}
                options={numbers(1, one.before - 1)}
                onChange={(after) => put(place, { ...one, after })}
              />
              {t("asked.before")}
              <Select
                aria-label={t("asked.before")}
                size="small"
                value={one.before}
                options={numbers(one.after + 1, steps.length)}
                onChange={(before) => put(place, { ...one, before })}
              />
            </span>
            <Fault at={`exclude.${place}`} />
          </li>
        ))}
      </ul>
      <Button
        type="dashed"
        size="small"
        icon={<PlusOutlined />}
        onClick={() => change({ ...asked, exclude: [...exclude, { events: [], after: 1, before: steps.length }] })}
      >
        {t("asked.addExclusion")}
      </Button>
    </Field>
  );
}
