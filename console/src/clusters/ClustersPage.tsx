/** People who are alike, found without being told what to look for: groups named by what sets them apart. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Drawer, Segmented } from "antd";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { type ClustersQuestion, listClusterMembers, readClusters } from "../api/calls";
import { ApiError } from "../api/client";
import type { Cluster, ClusterMembers, ClusterReport } from "../api/types";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { useI18n } from "../i18n/i18n";
import { PersonCell } from "../people/PersonCell";
import { type Place, usePlace } from "../people/usePlace";
import { KeepAsList } from "../segments/KeepAsList";
import { Facts } from "../ui/Facts";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { featureText } from "./features";
import { silhouetteOption } from "./options";
import "../charts/charts.css";
import "../people/people.css";
import "./clusters.css";
import { MorePages } from "../people/MorePages";

const numbers = [2, 3, 4, 5, 6, 7, 8, 10, 12];

export default function ClustersPage() {
  const { t } = useI18n();
  const place = usePlace();
  const [params, setParams] = useSearchParams();
  const clusters = numbers.find((one) => String(one) === params.get("clusters"));
  const question: ClustersQuestion = { clusters, seed: 1 };
  const report = useQuery({
    queryKey: ["clusters", question],
    queryFn: () => readClusters(question),
    placeholderData: keepPreviousData,
  });
  const change = (values: Record<string, string | null>) =>
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        for (const [name, value] of Object.entries(values)) {
          if (value === null) next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  const chosen = params.get("cluster");
  const shown = report.data?.clusters.find((one) => String(one.cluster) === chosen);
  return (
    <Page title={t("nav.clusters")} about={t("clusters.about")}>
      <div className={report.isPlaceholderData ? "stack fading" : "stack"}>
        <div className="clusters-bar">
          <Segmented
            aria-label={t("clusters.number")}
            value={clusters ?? 0}
            options={[
              { value: 0, label: t("clusters.best") },
              ...numbers.map((value) => ({ value, label: String(value) })),
            ]}
            onChange={(value) => change({ clusters: value === 0 ? null : String(value), cluster: null })}
          />
          <span className="faint">{t("clusters.numberAbout")}</span>
        </div>
        {report.isPending && <Loading />}
        {report.isError &&
          (report.error instanceof ApiError && report.error.status === 409 ? (
            <div className="panel empty">
              <h2>{t("clusters.tooFew")}</h2>
              <p>{report.error.problem.detail ?? problemText(report.error, t)}</p>
            </div>
          ) : (
            <Failed error={report.error} retry={() => report.refetch()} />
          ))}
        {report.data && (
          <Board
            report={report.data}
            place={place}
            onShow={(cluster) => change({ cluster: String(cluster) })}
            onChoose={(number) => change({ clusters: String(number), cluster: null })}
          />
        )}
      </div>
      <Drawer
        open={shown !== undefined}
        title={shown?.name[place.language]}
        size={820}
        destroyOnHidden
        onClose={() => change({ cluster: null })}
      >
        {shown !== undefined && report.data && (
          <Members report={report.data} cluster={shown} question={question} place={place} />
        )}
      </Drawer>
    </Page>
  );
}

interface BoardProps {
  report: ClusterReport;
  place: Place;
  onShow: (cluster: number) => void;
  onChoose: (number: number) => void;
}

function Board({ report, place, onShow, onChoose }: BoardProps) {
  const { t } = useI18n();
  const { palette } = useTheme();
  const { format } = place;
  const option = useMemo(
    () => silhouetteOption({ tried: report.tried, chosen: report.clusters.length, palette, t }),
    [report, palette, t],
  );
  const largest = Math.max(...report.clusters.map((cluster) => cluster.share));
  return (
    <>
      <Facts
        label={t("buyers.figures")}
        facts={[
          { name: t("clusters.clusters"), value: format.count(report.clusters.length) },
          {
            name: t("clusters.silhouette"),
            value: report.silhouette.toFixed(2),
            hint: t("clusters.silhouetteHint"),
            note: t("clusters.silhouetteNote"),
          },
          {
            name: t("segments.people"),
            value: format.count(report.persons),
            note: t("clusters.fitted", { count: format.count(report.fitted) }),
          },
        ]}
      />
      <ul className="clusters" aria-label={t("nav.clusters")}>
        {report.clusters.map((cluster) => (
          <li key={cluster.cluster}>
            <ClusterCard
              report={report}
              cluster={cluster}
              largest={largest}
              place={place}
              onShow={() => onShow(cluster.cluster)}
            />
          </li>
        ))}
      </ul>
      {report.tried.length > 1 && (
        <ChartPanel
          title={t("clusters.tried")}
          label={t("clusters.triedChart")}
          option={option}
          height={200}
          head={[t("clusters.clusters"), t("clusters.silhouette")]}
          rows={report.tried.map((one) => ({
            key: String(one.clusters),
            name: one.clusters,
            cells: [
              <button key="choose" type="button" className="link-button" onClick={() => onChoose(one.clusters)}>
                {one.silhouette.toFixed(3)}
              </button>,
            ],
          }))}
          onPick={({ dataIndex }) => {
            const picked = report.tried[dataIndex];
            if (picked !== undefined) onChoose(picked.clusters);
          }}
          foot={t("clusters.triedAbout")}
        />
      )}
    </>
  );
}

interface CardProps {
  report: ClusterReport;
  cluster: Cluster;
  largest: number;
  place: Place;
  onShow: () => void;
}

function ClusterCard({ report, cluster, largest, place, onShow }: CardProps) {
  const { t } = useI18n();
  const { format, language } = place;
  const strongest = Math.max(1, ...cluster.distinguishing.map((trait) => Math.abs(trait.difference)));
  const centre = (feature: string) => {
    const index = report.features.findIndex((one) => one.feature === feature);
    return featureText(feature, cluster.centre[index], format, report.currency);
  };
  return (
    <article className={`panel cluster cluster-${cluster.cluster % 5}`} aria-label={cluster.name[language]}>
      <header>
        <h2>{cluster.name[language]}</h2>
        <button type="button" className="link-button" onClick={onShow}>
          {t("clusters.people", { count: format.count(cluster.people) })}
        </button>
      </header>
      <div className="cluster-share" title={format.percent(cluster.share)}>
        <i style={{ width: `${(cluster.share / largest) * 100}%` }} />
        <small>{format.percent(cluster.share)}</small>
      </div>
      <ul className="weights">
        {cluster.distinguishing.map((trait) => (
          <li key={trait.feature} title={t("clusters.difference", { value: trait.difference.toFixed(1) })}>
            <span>
              {report.features.find((one) => one.feature === trait.feature)?.label[language] ?? trait.feature}
            </span>
            <span className="weights-track" aria-hidden="true">
              <i
                className={trait.difference > 0 ? "weights-more" : "weights-less"}
                style={{ width: `${(Math.abs(trait.difference) / strongest) * 50}%` }}
              />
            </span>
            <b>{centre(trait.feature)}</b>
          </li>
        ))}
      </ul>
    </article>
  );
}

/** A shopper key of everybody in a cluster. */
async function everybodyIn(cluster: number, question: ClustersQuestion): Promise<string[]> {
  const keys: string[] = [];
  let after: string | null | undefined = "";
  while (after != null) {
    const page: ClusterMembers = await listClusterMembers(cluster, { ...question, limit: 1_000, after });
    keys.push(...page.members.map((member) => member.shopper_id));
    after = page.next;
  }
  return keys;
}

interface MembersProps {
  report: ClusterReport;
  cluster: Cluster;
  question: ClustersQuestion;
  place: Place;
}

function Members({ report, cluster, question, place }: MembersProps) {
  const { t } = useI18n();
  const { format, language } = place;
  const list = useInfiniteQuery({
    queryKey: ["clusters", "members", cluster.cluster, question],
    queryFn: ({ pageParam }) => listClusterMembers(cluster.cluster, { ...question, after: pageParam }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const telling = cluster.distinguishing.slice(0, 3).flatMap((trait) => {
    const index = report.features.findIndex((one) => one.feature === trait.feature);
    const feature = report.features[index];
    return feature === undefined ? [] : [{ index, feature }];
  });
  return (
    <div className="stack">
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
      {list.data && (
        <Panel
          label={t("people.list")}
          title={t("clusters.people", { count: format.count(cluster.people) })}
          tools={
            <KeepAsList
              kind="cluster"
              name={cluster.name[language]}
              count={format.count(cluster.people)}
              find={() => everybodyIn(cluster.cluster, question)}
            />
          }
          className="people"
        >
          <table className="people-table">
            <thead>
              <tr>
                <th scope="col">{t("people.person")}</th>
                {telling.map(({ feature }) => (
                  <th key={feature.feature} scope="col" className="people-figure">
                    {feature.label[language]}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {list.data.pages
                .flatMap((page) => page.members)
                .map((member) => (
                  <tr key={member.person_id}>
                    <th scope="row">
                      <PersonCell personId={member.person_id} shopperKey={member.shopper_id} />
                    </th>
                    {telling.map(({ index, feature }) => (
                      <td key={feature.feature} className="people-figure">
                        {featureText(feature.feature, member.values[index], format, report.currency)}
                      </td>
                    ))}
                  </tr>
                ))}
            </tbody>
          </table>
          <MorePages pages={list} />
        </Panel>
      )}
    </div>
  );
}
