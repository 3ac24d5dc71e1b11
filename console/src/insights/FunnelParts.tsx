/** The funnel of each value of a field. */
import type { FunnelAnswer } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { wordFor } from "../people/person";
import { usePlace } from "../people/usePlace";
import { useKnown } from "../segments/builder/known";
import { Panel } from "../ui/Page";
import { apartName } from "./inputs";

export function FunnelParts({ answer, field }: { answer: FunnelAnswer; field: string }) {
  const { t } = useI18n();
  const { format } = usePlace();
  const { segments } = useKnown();
  const title = t("funnelling.parts", { field: apartName(t, field, segments) });
  const shown = answer.parts.length;
  return (
    <Panel label={title} title={title}>
      <div className="table-holder table-open">
        <table className="figures-table parts-table">
          <caption className="sr-only">{title}</caption>
          <thead>
            <tr>
              <th scope="col">{t("insights.value")}</th>
              {answer.steps.map((step, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: steps are told apart by their place
                <th key={place} scope="col">
                  {place + 1} {step.events.map((name) => wordFor(t, "event", name)).join(t("list.separator"))}
                </th>
              ))}
              <th scope="col">{t("funnelling.conversion")}</th>
            </tr>
          </thead>
          <tbody>
            {answer.parts.map(({ value, shoppers }) => (
              <tr key={value ?? ""}>
                <th scope="row">{value ?? <span className="faint">{t("insights.noValue")}</span>}</th>
                {shoppers.map((count, place) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: as above
                  <td key={place}>{format.count(count)}</td>
                ))}
                <td>
                  <b>{format.percent((shoppers.at(-1) ?? 0) / Math.max(1, shoppers[0] ?? 0))}</b>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {answer.values > shown && (
        <p className="panel-foot">{t("funnelling.partsMore", { shown, all: format.count(answer.values) })}</p>
      )}
    </Panel>
  );
}
