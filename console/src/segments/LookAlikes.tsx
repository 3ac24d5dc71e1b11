/** Who is most like the members of a segment, though not one of them; and how well such a ranking finds hidden members. */
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { findLookAlikes } from "../api/calls";
import { ApiError } from "../api/client";
import type { LookAlikesFound, SegmentDetail } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { PersonCell } from "../people/PersonCell";
import type { Place } from "../people/usePlace";
import { Facts } from "../ui/Facts";
import { Failed, Loading, Panel } from "../ui/Page";
import { KeepAsList } from "./KeepAsList";
import "../charts/charts.css";

const firstPage = 100;
const most = 1_000;

export function LookAlikes({ segment, place }: { segment: SegmentDetail; place: Place }) {
  const { t } = useI18n();
  const [limit, setLimit] = useState(firstPage);
  const found = useQuery({
    queryKey: ["segments", segment.id, "alike", limit, segment.version],
    queryFn: () => findLookAlikes(segment.id, limit),
    staleTime: 60_000,
    placeholderData: (previous) => previous,
  });
  if (found.isPending) return <Loading />;
  if (found.isError)
    return found.error instanceof ApiError && found.error.status === 409 ? (
      <div className="panel empty">
        <h2>{t("alike.tooFew")}</h2>
        <p>{found.error.problem.detail}</p>
      </div>
    ) : (
      <Failed error={found.error} retry={() => found.refetch()} />
    );
  return (
    <div className={found.isPlaceholderData ? "stack fading" : "stack"}>
      <div className="people-bar">
        <span className="faint">{t("alike.about")}</span>
        {found.data.people.length > 0 && (
          <KeepAsList
            kind="alike"
            name={t("alike.listName", { name: segment.name })}
            count={place.format.count(found.data.people.length)}
            find={async () => found.data.people.map((person) => person.shopper_id)}
          />
        )}
      </div>
      <Trial found={found.data} place={place} />
      <section className="panel people" aria-label={t("segment.tab.alike")}>
        <table className="people-table">
          <thead>
            <tr>
              <th scope="col">{t("people.person")}</th>
              <th scope="col" className="people-figure">
                {t("alike.score")}
              </th>
            </tr>
          </thead>
          <tbody>
            {found.data.people.map((person) => (
              <tr key={person.person_id}>
                <th scope="row">
                  <PersonCell personId={person.person_id} shopperKey={person.shopper_id} />
                </th>
                <td className="people-figure">{person.score.toFixed(3)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {found.data.people.length >= limit && limit < most && (
          <div className="people-foot">
            <Button loading={found.isFetching} onClick={() => setLimit(most)}>
              {t("state.more")}
            </Button>
          </div>
        )}
      </section>
    </div>
  );
}

function Trial({ found, place }: { found: LookAlikesFound; place: Place }) {
  const { t } = useI18n();
  const { format, language } = place;
  const { trial } = found;
  const strongest = Math.max(0.01, ...found.traits.map((trait) => Math.abs(trait.weight)));
  return (
    <>
      <Facts
        label={t("buyers.figures")}
        facts={[
          { name: t("alike.seed"), value: format.count(found.seed_people) },
          ...(trial == null
            ? [{ name: t("alike.lift"), value: "—", note: t("alike.noTrial") }]
            : [
                {
                  name: t("alike.lift"),
                  value: `${trial.lift.toFixed(1)}×`,
                  hint: t("alike.liftHint"),
                  note: t("alike.hidden", { count: format.count(trial.hidden) }),
                },
                { name: t("alike.auc"), value: trial.auc.toFixed(3), note: t("clv.aucNote") },
              ]),
        ]}
      />
      <Panel
        label={t("alike.traits")}
        title={t("alike.traits")}
        tools={<span className="faint">{t("alike.traitsAbout")}</span>}
      >
        <ul className="weights">
          {found.traits.map((trait) => (
            <li key={trait.feature}>
              <span>{trait.word[language]}</span>
              <span className="weights-track" aria-hidden="true">
                <i
                  className={trait.weight > 0 ? "weights-more" : "weights-less"}
                  style={{ width: `${(Math.abs(trait.weight) / strongest) * 50}%` }}
                />
              </span>
              <b>{trait.weight.toFixed(2)}</b>
            </li>
          ))}
        </ul>
      </Panel>
    </>
  );
}
