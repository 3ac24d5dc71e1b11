/** A panel that shows the same as a chart or as its figures. */
import { Segmented } from "antd";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { useI18n } from "../i18n/i18n";
import { Panel } from "../ui/Page";
import type { ChartOption, Picked } from "./Chart";
import type { Named } from "./parts";
import "./charts.css";

/** ECharts is the larger half of any page; the figures need not wait for it. */
const Chart = lazy(() => import("./Chart"));

export interface ChartRow {
  key: string;
  name: ReactNode;
  cells: ReactNode[];
}

interface Props {
  title: string;
  /** What the chart says, in words, for those who do not see it. */
  label: string;
  legend?: Named[];
  option: ChartOption;
  height: number;
  /** Narrower than this it is scrolled rather than squeezed. */
  minWidth?: number;
  /** The table's head, its first column's included. */
  head: string[];
  rows: ChartRow[];
  onPick?: (picked: Picked) => void;
  foot?: ReactNode;
  /** Beside the choice between chart and table. */
  tools?: ReactNode;
}

export function ChartPanel({
  title,
  label,
  legend = [],
  option,
  height,
  minWidth = 0,
  head,
  rows,
  onPick,
  foot,
  tools,
}: Props) {
  const { t } = useI18n();
  const [form, setForm] = useState<"chart" | "table">("chart");
  return (
    <Panel
      label={title}
      title={title}
      tools={
        <div className="panel-tools">
          <Legend of={legend} />
          {tools}
          <Segmented
            size="small"
            aria-label={t("chart.form", { title })}
            value={form}
            options={[
              { value: "chart", label: t("chart.chart") },
              { value: "table", label: t("chart.table") },
            ]}
            onChange={setForm}
          />
        </div>
      }
    >
      {form === "chart" ? (
        <div className="chart-holder" style={{ minHeight: height }}>
          <div style={{ minWidth }}>
            <Suspense>
              <Chart option={option} height={height} label={label} {...(onPick === undefined ? {} : { onPick })} />
            </Suspense>
          </div>
        </div>
      ) : (
        <div className="table-holder">
          <table className="figures-table">
            <caption className="sr-only">{title}</caption>
            <thead>
              <tr>
                {head.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ key, name, cells }) => (
                <tr key={key}>
                  <th scope="row">{name}</th>
                  {cells.map((cell, column) => (
                    <td key={head[column + 1]}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {foot !== undefined && <p className="panel-foot">{foot}</p>}
    </Panel>
  );
}

export function Legend({ of }: { of: readonly Named[] }) {
  if (of.length === 0) return null;
  return (
    <ul className="legend">
      {of.map(([colour, name, shape]) => (
        <li key={name}>
          <i className={`legend-${shape}`} style={{ color: colour }} />
          {name}
        </li>
      ))}
    </ul>
  );
}
