/** Targets: how far each is, and where it is going. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, DatePicker, Form, Input, InputNumber, Modal, Space } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useMemo, useState } from "react";
import { deleteGoal, type Goal, type GoalDetail, listGoals, readGoal, saveGoal, type Unit } from "../api/reporting";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { useI18n } from "../i18n/i18n";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import type { Format } from "../ui/format";
import { unknown } from "../ui/format";
import { PlusOutlined } from "../ui/icons";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { type Measured, MetricInput, useUnit } from "./MetricInput";
import { goalOption } from "./options";
import "../charts/charts.css";
import "../people/people.css";
import "../dashboards/dashboards.css";

const tones = {
  upcoming: "",
  reached: "status-live",
  on_track: "status-live",
  likely: "status-live",
  at_risk: "status-busy",
  off_track: "status-bad",
  missed: "status-bad",
  unknown: "",
} as const;

/** A figure in its unit; short, as it stands at an axis. */
function toldBy(unit: Unit, format: Format, short = false): (value: number) => string {
  if (unit.unit === "share") return (value) => format.percent(value);
  if (unit.unit === "money") {
    const money = short ? format.shortMoney : format.money;
    return (value) => money(Math.round(value), unit.currency);
  }
  const count = short ? format.shortCount : format.count;
  return (value) => count(Math.round(value * 10) / 10);
}

export default function GoalsPage() {
  const { t } = useI18n();
  const place = usePlace();
  const mayChange = useMay("operator");
  const [making, setMaking] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  const list = useQuery({ queryKey: ["goals"], queryFn: listGoals });
  const goals = list.data?.goals ?? [];
  const shown = chosen ?? goals[0]?.goal_id ?? null;
  return (
    <Page
      title={t("nav.goals")}
      about={t("goals.about")}
      tools={
        mayChange && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)}>
            {t("goals.create")}
          </Button>
        )
      }
    >
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
      {list.data && (
        <div className="stack">
          <Panel label={t("nav.goals")} title={t("nav.goals")}>
            {goals.length === 0 && <p className="nothing">{t("goals.none")}</p>}
            <ul className="entries">
              {goals.map((goal) => (
                <Row
                  key={goal.goal_id}
                  goal={goal}
                  place={place}
                  mayChange={mayChange}
                  onChoose={() => setChosen(goal.goal_id)}
                />
              ))}
            </ul>
          </Panel>
          {shown !== null && goals.some((goal) => goal.goal_id === shown) && <Detail id={shown} place={place} />}
        </div>
      )}
      {making && <GoalDialog onClose={() => setMaking(false)} />}
    </Page>
  );
}

interface RowProps {
  goal: Goal;
  place: Place;
  mayChange: boolean;
  onChoose: () => void;
}

function Row({ goal, place, mayChange, onChoose }: RowProps) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteGoal(goal.goal_id),
    onSuccess: () => client.invalidateQueries({ queryKey: ["goals"] }),
    onError: (error) => message.error(problemText(error, t)),
  });
  const { terms, progress } = goal;
  const told = progress == null ? String : toldBy(progress.unit, place.format);
  return (
    <li className="entry-decided" data-goal={goal.goal_id}>
      <span>
        <button type="button" className="link-like" onClick={onChoose}>
          {terms.name}
        </button>{" "}
        {progress != null && (
          <span className={`pill ${tones[progress.status]}`}>{t(`goalStatus.${progress.status}`)}</span>
        )}
        <br />
        <small className="faint">
          {t(`metric.${terms.metric.kind}`)} · {place.format.range(terms.from, terms.to)}
        </small>
        {goal.fault != null && <Alert type="warning" title={goal.fault} />}
      </span>
      <Space size="large">
        {progress != null && (
          <span>
            <b>{progress.actual == null ? unknown : told(progress.actual)}</b>{" "}
            <small className="faint">
              {t("goals.of", { target: told(terms.target) })}
              {progress.expected != null && ` · ${t("goals.willBe", { value: told(progress.expected) })}`}
            </small>
          </span>
        )}
        {mayChange && (
          <Button size="small" loading={remove.isPending} onClick={() => remove.mutate()}>
            {t("form.delete")}
          </Button>
        )}
      </Space>
    </li>
  );
}

function Detail({ id, place }: { id: string; place: Place }) {
  const detail = useQuery({ queryKey: ["goals", id], queryFn: () => readGoal(id) });
  if (detail.isPending) return <Loading />;
  if (detail.isError) return <Failed error={detail.error} retry={() => detail.refetch()} />;
  return <Progress detail={detail.data} place={place} />;
}

function Progress({ detail, place }: { detail: GoalDetail; place: Place }) {
  const { t } = useI18n();
  const { palette } = useTheme();
  const { format } = place;
  const { goal, points, by_channel } = detail;
  const unit = goal.progress?.unit;
  const told = useMemo(() => (unit === undefined ? String : toldBy(unit, format)), [unit, format]);
  const option = useMemo(
    () =>
      goalOption(points, { format, palette, t, told, short: unit === undefined ? String : toldBy(unit, format, true) }),
    [points, format, palette, t, told, unit],
  );
  const cell = (value: number | null | undefined) => (value == null ? unknown : told(value));
  return (
    <>
      <ChartPanel
        title={goal.terms.name}
        label={t("goals.chart")}
        legend={[
          [palette.vine, t("goals.actual"), "line"],
          [palette.sky, t("goals.expected"), "dashed"],
          [palette.textFaint, t("goals.pace"), "dashed"],
        ]}
        option={option}
        height={300}
        minWidth={480}
        head={[
          t("interval.day"),
          t("goals.actual"),
          t("goals.expected"),
          t("goals.lower"),
          t("goals.upper"),
          t("goals.pace"),
        ]}
        rows={points.map((point) => ({
          key: point.day,
          name: format.date(point.day),
          cells: [point.actual, point.expected, point.lower, point.upper, point.pace].map(cell),
        }))}
        foot={goal.progress?.no_forecast ?? t("goals.foot")}
      />
      {by_channel.length > 0 && (
        <Panel label={t("goals.byChannel")} title={t("goals.byChannel")}>
          <div className="panel-body">
            <ul className="tile-bars">
              {by_channel.map((one) => (
                <li key={one.name ?? ""}>
                  <span className="tile-bar-name">{one.name ?? t("goals.noChannel")}</span>
                  <b>{told(one.value)}</b>
                  <small>{format.percent(one.part)}</small>
                  <i style={{ width: `${100 * one.part}%` }} />
                </li>
              ))}
            </ul>
          </div>
        </Panel>
      )}
    </>
  );
}

function GoalDialog({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [metric, setMetric] = useState<Measured>({ kind: "revenue" });
  const [target, setTarget] = useState<number | null>(null);
  const [days, setDays] = useState<[Dayjs, Dayjs]>([dayjs().startOf("month"), dayjs().endOf("month")]);
  const unit = useUnit(metric);
  const save = useMutation({
    mutationFn: () =>
      saveGoal({
        name,
        metric,
        target: (target ?? 0) * unit.scale,
        from: days[0].format("YYYY-MM-DD"),
        to: days[1].format("YYYY-MM-DD"),
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["goals"] });
      onClose();
    },
  });
  return (
    <Modal
      open
      title={t("goals.create")}
      okText={t("form.save")}
      okButtonProps={{ disabled: target === null }}
      confirmLoading={save.isPending}
      onOk={() => save.mutate()}
      onCancel={onClose}
    >
      <Form layout="vertical">
        <Form.Item label={t("goals.name")}>
          <Input aria-label={t("goals.name")} value={name} onChange={(event) => setName(event.target.value)} />
        </Form.Item>
        <MetricInput value={metric} onChange={setMetric} />
        <Form.Item label={t("goals.target")}>
          <InputNumber
            aria-label={t("goals.target")}
            suffix={unit.name}
            min={0}
            value={target}
            onChange={setTarget}
            style={{ width: "100%" }}
          />
        </Form.Item>
        <Form.Item label={t("goals.days")}>
          <DatePicker.RangePicker
            aria-label={t("goals.days")}
            value={days}
            onChange={(range) => range?.[0] && range[1] && setDays([range[0], range[1]])}
          />
        </Form.Item>
        {save.isError && <Alert type="error" showIcon title={problemText(save.error, t)} />}
      </Form>
    </Modal>
  );
}
