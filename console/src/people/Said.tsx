/** What is said of the person, by whom, since when, and which of several words holds. */
import type { PersonTrait } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { Panel } from "../ui/Page";
import { wordFor, wordsSaid } from "./person";
import type { Place } from "./usePlace";

export function Said({ traits, place }: { traits: PersonTrait[]; place: Place }) {
  const { t } = useI18n();
  const title = t("said.title");
  const words = wordsSaid(traits);
  return (
    <Panel label={title} title={title} tools={<span className="faint">{t("said.about")}</span>}>
      {words.length === 0 ? (
        <p className="nothing">{t("said.none")}</p>
      ) : (
        <div className="said">
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col">{t("said.what")}</th>
                <th scope="col">{t("said.value")}</th>
                <th scope="col">{t("said.by")}</th>
                <th scope="col">{t("said.since")}</th>
              </tr>
            </thead>
            <tbody>
              {words.map((word) => (
                <tr key={`${word.name} ${word.source_id} ${word.value}`} className={word.holds ? "" : "said-past"}>
                  <th scope="row" title={word.name}>
                    {wordFor(t, "trait", word.name)}
                  </th>
                  <td className="said-value">
                    {word.value} {!word.holds && <span className="pill">{t("said.past")}</span>}
                  </td>
                  <td>{place.nameOfSource(word.source_id)}</td>
                  <td>{place.format.dateTime(word.said_at)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
