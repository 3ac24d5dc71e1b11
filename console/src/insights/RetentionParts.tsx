/** Who comes back, of those of each value. */
import type { RetentionAnswer } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { usePlace } from "../people/usePlace";
import { useKnown } from "../segments/builder/known";
import { Panel } from "../ui/Page";
import { milestones } from "./figures";
import { apartName } from "./inputs";
import { afterHint } from "./options";

export function RetentionParts({ answer, field }: { answer: RetentionAnswer; field: string }) {
  const { t } = useI18n();
  const { format } = usePlace();
  const { segments } = useKnown();
  const title = t("retaining.parts", { field: apartName(t, field, segments) });
  const after = milestones[answer.interval].filter((place) => place < answer.average.length);
  return (
    <Panel label={title} title={title}>
      <div className="table-holder table-open">
        <table className="figures-table parts-table">
          <caption className="sr-only">{title}</caption>
          <thead>
            <tr>
              <th scope="col">{t("insights.value")}</th>
              <th scope="col">{t("retaining.began")}</th>
              {after.map((place) => (
                <th key={place} scope="col">
                  {afterHint(t, answer.interval, place)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {answer.parts.map(({ value, shoppers, average }) => (
              <tr key={value ?? ""} data-part={value ?? ""}>
                <th scope="row">{value ?? <span className="faint">{t("insights.noValue")}</span>}</th>
                <td>{format.count(shoppers)}</td>
                {after.map((place) => (
                  <td key={place}>{format.percent(average[place])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
