/** The eight classic groups: how many are in each, and how much of all spend is theirs. */
import type { RfmReport } from "../api/types";
import { useI18n } from "../i18n/i18n";
import type { Place } from "../people/usePlace";
import { isHighSpend, quarterOfGroup } from "./rfm";

interface Props {
  report: RfmReport;
  place: Place;
  onPick: (group: string) => void;
}

export function RfmGroups({ report, place, onPick }: Props) {
  const { t } = useI18n();
  const { format, language } = place;
  const widest = Math.max(0.01, ...report.groups.flatMap((group) => [group.share, group.spend_share]));
  return (
    <ul className="rfm-groups">
      {report.groups.map((group) => {
        const quarter = quarterOfGroup(group.group);
        const sign = (high: boolean) => (high ? "↑" : "↓");
        return (
          <li key={group.group} className={`tone-${quarter}`}>
            <button
              type="button"
              className="rfm-group"
              data-group={group.group}
              disabled={group.buyers === 0}
              onClick={() => onPick(group.group)}
            >
              <span className="rfm-group-name">
                <strong>{group.name[language]}</strong>
                <small className="faint">
                  R{sign(quarter === "best" || quarter === "fresh")} F{sign(quarter === "best" || quarter === "risky")}{" "}
                  M{sign(isHighSpend(group.group))}
                </small>
              </span>
              <span className="rfm-group-bars" aria-hidden="true">
                <i style={{ width: `${(group.share / widest) * 100}%` }} />
                <i className="rfm-group-spend" style={{ width: `${Math.max(0, group.spend_share / widest) * 100}%` }} />
              </span>
              <span className="rfm-group-figures">
                <b>{format.count(group.buyers)}</b>
                <small>{t("rfm.ofBuyers", { share: format.percent(group.share) })}</small>
              </span>
              <span className="rfm-group-figures">
                <b>{format.shortMoney(group.spend_minor, report.currency)}</b>
                <small>{t("rfm.ofSpend", { share: format.percent(group.spend_share) })}</small>
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
