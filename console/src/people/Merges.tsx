/** The audit: which keys went to whom, when, and because of what. */
import { Link } from "react-router";
import type { IdentityMerge } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { Identifier } from "./Evidence";
import { personPath, shortId, wordFor } from "./person";
import type { Place } from "./usePlace";

interface Props {
  merges: IdentityMerge[];
  place: Place;
  /** Whose audit it is; none where it is everybody's. */
  personId?: string;
}

export function Merges({ merges, place, personId }: Props) {
  const { t } = useI18n();
  if (merges.length === 0) return <p className="nothing">{t("merges.none")}</p>;
  return (
    <ul className="entries">
      {merges.map((merge) => (
        <li key={merge.id}>
          <p className="entry-line">
            <span className={`pill merge-${merge.what}`}>{t(`merge.${merge.what}`)}</span>
            <span className="entry-keys">
              {merge.keys.map((key) => (
                <Link key={key} to={personPath(key)} className="mono">
                  {key}
                </Link>
              ))}
            </span>
            <span className="faint" title={`${merge.from} → ${merge.to}`}>
              {wayOf(merge, personId, t)} · {t(`cause.${merge.cause}`)}
            </span>
            <time className="faint entry-time" dateTime={merge.at}>
              {place.format.dateTime(merge.at)}
            </time>
          </p>
          {merge.path.length > 0 && (
            <ol className="merge-path">
              {merge.path.map((step) => (
                <li key={JSON.stringify([step.a, step.b])}>
                  <Identifier identifier={step.a} /> <span aria-hidden="true">→</span>{" "}
                  <Identifier identifier={step.b} />
                  <small className="faint">
                    {step.by === "seen"
                      ? t("step.seen", {
                          call: wordFor(t, "call", step.call),
                          source: place.nameOfSource(step.source),
                          time: place.format.dateTime(step.first_at),
                        })
                      : t(`step.${step.by}`)}
                  </small>
                </li>
              ))}
            </ol>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Which way the keys went, as seen from the person whose audit it is. */
function wayOf(merge: IdentityMerge, personId: string | undefined, t: ReturnType<typeof useI18n>["t"]): string {
  if (personId === merge.to) return t("merges.from", { person: shortId(merge.from) });
  if (personId === merge.from) return t("merges.to", { person: shortId(merge.to) });
  return `${shortId(merge.from)} → ${shortId(merge.to)}`;
}
