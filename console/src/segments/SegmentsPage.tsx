/** All segments; what is ready made; uploaded lists; how segments overlap. */
import { useQuery } from "@tanstack/react-query";
import { Button, Tabs } from "antd";
import { Link, useNavigate, useSearchParams } from "react-router";
import { listSegments, readHistory } from "../api/calls";
import type { SegmentDetail } from "../api/types";
import { Sparkline } from "../charts/Sparkline";
import { useI18n } from "../i18n/i18n";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { unknown } from "../ui/format";
import { PlusOutlined } from "../ui/icons";
import { Failed, Loading, Page } from "../ui/Page";
import { useNow } from "../ui/useNow";
import { Lists } from "./Lists";
import { Overlap } from "./Overlap";
import { segmentPath, statusTone } from "./segment";
import { Templates } from "./Templates";
import "../people/people.css";
import "./segments.css";

/** Each trend is a question of its own. */
const mostTrends = 60;
const tabs = ["all", "ready", "lists", "overlap"] as const;

export default function SegmentsPage() {
  const { t } = useI18n();
  const place = usePlace();
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const [params, setParams] = useSearchParams();
  const asked = tabs.find((tab) => tab === params.get("tab")) ?? "all";
  const content = {
    all: <AllSegments place={place} />,
    ready: <Templates />,
    lists: <Lists place={place} />,
    overlap: <Overlap place={place} />,
  };
  return (
    <Page
      title={t("nav.segments")}
      about={t("segments.about")}
      tools={
        mayChange && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => navigate("/segments/new")}>
            {t("segments.create")}
          </Button>
        )
      }
    >
      <Tabs
        activeKey={asked}
        destroyOnHidden
        onChange={(tab) => setParams(tab === "all" ? {} : { tab }, { replace: true })}
        items={tabs.map((key) => ({ key, label: t(`segments.${key}`), children: content[key] }))}
      />
    </Page>
  );
}

export function useSegments() {
  return useQuery({ queryKey: ["segments", "list"], queryFn: listSegments, refetchInterval: 10_000 });
}

function AllSegments({ place }: { place: Place }) {
  const { t } = useI18n();
  const now = useNow(10_000);
  const list = useSegments();
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const { segments } = list.data;
  if (segments.length === 0)
    return (
      <div className="panel empty">
        <h2>{t("segments.none")}</h2>
        <p>{t("segments.noneText")}</p>
        <div className="empty-actions">
          <Link to="/segments/new">{t("segments.create")}</Link>
          <Link to="/segments?tab=ready">{t("segments.ready")}</Link>
        </div>
      </div>
    );
  return (
    <section className="panel people" aria-label={t("nav.segments")}>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("segments.name")}</th>
            <th scope="col" className="people-figure">
              {t("segments.people")}
            </th>
            <th scope="col" className="segment-trend">
              {t("segments.trend")}
            </th>
            <th scope="col">{t("segments.status")}</th>
            <th scope="col" className="people-first">
              {t("segments.saved")}
            </th>
          </tr>
        </thead>
        <tbody>
          {segments.map((segment, index) => (
            <Row key={segment.id} segment={segment} withTrend={index < mostTrends} place={place} now={now} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface RowProps {
  segment: SegmentDetail;
  withTrend: boolean;
  place: Place;
  now: number;
}

function Row({ segment, withTrend, place, now }: RowProps) {
  const { t } = useI18n();
  const history = useQuery({
    queryKey: ["segments", segment.id, "history", "day"],
    queryFn: () => readHistory(segment.id, {}),
    staleTime: 60_000,
    enabled: withTrend,
  });
  const sizes = (history.data?.points ?? []).map((point) => point.people);
  return (
    <tr data-segment={segment.id}>
      <th scope="row">
        <div className="person-names segment-name">
          <Link to={segmentPath(segment.id)}>{segment.name}</Link>
          <small className="mono" title={segment.text}>
            {segment.text}
          </small>
        </div>
      </th>
      <td className="people-figure">{place.format.count(segment.people)}</td>
      <td className="segment-trend">
        {sizes.length < 2 ? <span className="faint">{unknown}</span> : <Sparkline values={sizes} height={26} />}
      </td>
      <td>
        <span className={`pill status-${statusTone(segment.status)}`}>{t(`segment.${segment.status}`)}</span>
      </td>
      <td className="people-first" title={place.format.dateTime(segment.saved_at)}>
        {place.format.relative(segment.saved_at, now)}
      </td>
    </tr>
  );
}
