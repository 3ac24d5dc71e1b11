/** Cohorts by who came back, the more the stronger the colour. */
import type { CSSProperties } from "react";
import type { RetentionAnswer } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { endOf } from "../overview/range";
import { usePlace } from "../people/usePlace";
import { Panel } from "../ui/Page";
import { startAfter, strengthOf } from "./figures";
import { afterHint, afterName } from "./options";

/** More rows than these no eye takes in, and a browser draws them slowly. */
const mostRows = 120;

interface Props {
  answer: RetentionAnswer;
  today: string;
  /** Asks for the people of a cohort, or of those who came back so many intervals after. */
  onList: (start: string, after: number | null) => void;
}

export function Cohorts({ answer, today, onList }: Props) {
  const { t } = useI18n();
  const { format } = usePlace();
  const { interval, average } = answer;
  const cohorts = answer.cohorts.slice(-mostRows);
  const width = Math.max(0, ...cohorts.map(({ returned }) => returned.length));
  const columns = Array.from({ length: width }, (_, after) => after);
  const isRunning = (start: string, after: number) => endOf(startAfter(start, interval, after), interval) >= today;
  const strength = (part: number, of: number) => {
    const percent = strengthOf(part, of);
    const style = { "--strength": `${percent}%` } as CSSProperties;
    const tone = percent >= 78 ? " cohort-strong" : percent === 0 ? " cohort-none" : "";
    return { style, className: `cohort-cell${tone}` };
  };
  const anyRunning = cohorts.some(
    ({ start, returned }) => returned.length > 0 && isRunning(start, returned.length - 1),
  );
  const all = answer.cohorts.length;
  const notes = [
    ...(anyRunning ? [t("retaining.running")] : []),
    ...(all > cohorts.length ? [t("retaining.latest", { shown: cohorts.length, all: format.count(all) })] : []),
  ];
  return (
    <Panel label={t("retaining.matrix")} title={t("retaining.matrix")}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section className="cohorts-holder" tabIndex={0} aria-label={t("retaining.matrix")}>
        <table className="cohorts">
          <thead>
            <tr>
              <th scope="col">{t("retaining.cohort")}</th>
              <th scope="col">{t("retaining.size")}</th>
              {columns.map((after) => (
                <th key={after} scope="col" title={afterHint(t, interval, after)}>
                  {afterName(t, interval, after)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr className="cohort-average">
              <th scope="row">{t("retaining.average")}</th>
              <td />
              {columns.map((after) => (
                <td key={after} {...strength(average[after] ?? 0, 1)}>
                  {format.percent(average[after])}
                </td>
              ))}
            </tr>
            {cohorts.map(({ start, shoppers, returned }) => (
              <tr key={start} data-cohort={start}>
                <th scope="row">{format.period(start, interval)}</th>
                <td>
                  <button
                    type="button"
                    className="cohort-people"
                    title={t("behind.list")}
                    onClick={() => onList(start, null)}
                  >
                    {format.count(shoppers)}
                  </button>
                </td>
                {returned.map((came, after) => {
                  const { style, className } = strength(came, shoppers);
                  return (
                    <td
                      // The place is what it is about.
                      // biome-ignore lint/suspicious/noArrayIndexKey: see above
                      key={after}
                      style={style}
                      className={isRunning(start, after) ? `${className} cohort-running` : className}
                      title={`${afterHint(t, interval, after)}: ${format.count(came)} / ${format.count(shoppers)}`}
                    >
                      {shoppers > 0 && (
                        <button type="button" className="cohort-people" onClick={() => onList(start, after)}>
                          {format.percent(came / shoppers)}
                        </button>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {notes.length > 0 && <p className="panel-foot">{notes.join(" ")}</p>}
    </Panel>
  );
}
