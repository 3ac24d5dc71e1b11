/** Identifiers and what was seen of them together. */
import { Link } from "react-router";
import type { IdentityEvidence, Identifier as Named } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { byPair, isKey, kindText, personPath, shortValue, wordFor } from "./person";
import type { Place } from "./usePlace";

/** An identifier with its kind; `link` leads to the person, where a person can be asked for by it. */
export function Identifier({ identifier, link = false }: { identifier: Named; link?: boolean }) {
  const { t } = useI18n();
  const value = (
    <code className="mono" title={identifier.value}>
      {shortValue(identifier)}
    </code>
  );
  return (
    <span className="identifier">
      <span className="faint">{kindText(identifier.kind, t)}</span>{" "}
      {link && isKey(identifier) ? <Link to={personPath(identifier.value)}>{value}</Link> : value}
    </span>
  );
}

export function Evidence({
  evidence,
  place,
  link = false,
}: {
  evidence: IdentityEvidence[];
  place: Place;
  link?: boolean;
}) {
  const { t } = useI18n();
  const { format } = place;
  if (evidence.length === 0) return <p className="nothing">{t("identity.noEvidence")}</p>;
  return (
    <div className="said">
      <table className="plain-table evidence">
        <thead>
          <tr>
            <th scope="col">{t("evidence.together")}</th>
            <th scope="col">{t("evidence.call")}</th>
            <th scope="col">{t("evidence.source")}</th>
            <th scope="col">{t("evidence.first")}</th>
            <th scope="col" className="people-figure">
              {t("evidence.times")}
            </th>
          </tr>
        </thead>
        <tbody>
          {byPair(evidence).map((pair) => (
            <tr key={JSON.stringify([pair.a, pair.b])}>
              <td className="evidence-pair">
                <Identifier identifier={pair.a} link={link} />
                <Identifier identifier={pair.b} link={link} />
              </td>
              <td>{pair.calls.map((call) => wordFor(t, "call", call)).join(t("list.separator"))}</td>
              <td>{pair.sources.map(place.nameOfSource).join(t("list.separator"))}</td>
              <td title={t("evidence.last", { time: format.dateTime(pair.last_at) })}>
                {format.dateTime(pair.first_at)}
              </td>
              <td className="people-figure">{format.count(pair.times)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
