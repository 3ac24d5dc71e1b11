/** Five by five: recency downwards, frequency to the right; each cell leads to its people. */
import type { RfmBands, RfmReport } from "../api/types";
import { useI18n } from "../i18n/i18n";
import type { Place } from "../people/usePlace";
import { unknown } from "../ui/format";
import {
  cellAt,
  groupsIn,
  type Metric,
  measure,
  measureText,
  quarterOf,
  type RfmGroupCode,
  rangeOf,
  scores,
} from "./rfm";

interface Props {
  report: RfmReport;
  metric: Metric;
  place: Place;
  onPick: (group: RfmGroupCode, recency: number, frequency: number) => void;
}

export function RfmMatrix({ report, metric, place, onPick }: Props) {
  const { t } = useI18n();
  const { format } = place;
  const most = Math.max(1, ...report.matrix.map((cell) => measure(cell, metric)));
  const whole = metric === "spend" ? report.spend_minor : report[metric];
  const range = (bands: RfmBands, score: number, better: "lower" | "higher") => {
    const found = rangeOf(bands, score, better);
    if (found === null) return unknown;
    const { least, most } = found;
    if (least !== null && most !== null && least >= most) return format.count(most);
    if (least === null) return most === null ? "" : `≤ ${format.count(most)}`;
    return most === null ? `≥ ${format.count(least)}` : `${format.count(least)}–${format.count(most)}`;
  };
  return (
    <div className="matrix-holder">
      <table className="matrix">
        <caption className="sr-only">{t("rfm.matrix")}</caption>
        <thead>
          <tr>
            <th className="matrix-corner">
              <span>{t("rfm.recencyAxis")}</span>
            </th>
            {scores.map((score) => (
              <th key={score} scope="col">
                F{score}
                <small>{range(report.frequency, score, "higher")}</small>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...scores].reverse().map((recency) => (
            <tr key={recency}>
              <th scope="row">
                R{recency}
                <small>{range(report.recency, recency, "lower")}</small>
              </th>
              {scores.map((frequency) => {
                const cell = cellAt(report, recency, frequency);
                if (cell === undefined) return <td key={frequency} />;
                const value = measure(cell, metric);
                const quarter = quarterOf(cell, report);
                const [high, low] = groupsIn(quarter);
                const strength = value <= 0 ? 0 : 0.1 + 0.48 * Math.sqrt(value / most);
                const name = `R${recency} F${frequency}: ${measureText(value, metric, format, report.currency)}`;
                return (
                  <td key={frequency}>
                    <button
                      type="button"
                      className={`matrix-cell tone-${quarter}`}
                      style={{ "--strength": `${Math.round(strength * 100)}%` } as React.CSSProperties}
                      disabled={cell.buyers === 0}
                      data-cell={`r${recency}f${frequency}`}
                      aria-label={`${name}. ${t(`rfm.${high}`)}, ${t(`rfm.${low}`)}`}
                      title={`${t(`rfm.${high}`)} · ${t(`rfm.${low}`)}`}
                      onClick={() => onPick(high, recency, frequency)}
                    >
                      <strong>
                        {metric === "spend" ? format.shortMoney(value, report.currency) : format.count(value)}
                      </strong>
                      <small>{format.percent(whole === 0 ? null : value / whole)}</small>
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="matrix-axis faint">{t("rfm.frequencyAxis")}</p>
      <ul className="legend matrix-legend">
        {(["best", "fresh", "risky", "gone"] as const).map((quarter) => (
          <li key={quarter} className={`tone-${quarter}`}>
            <i className="legend-bar" />
            {groupsIn(quarter)
              .map((code) => t(`rfm.${code}`))
              .join(" · ")}
          </li>
        ))}
      </ul>
    </div>
  );
}
