/** One segment: how large, who, since when, by which rule, and why somebody is or is not in it. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Popconfirm, Segmented, Tabs } from "antd";
import { useMemo, useState } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { deleteSegment, exportSegment, listMembers, listVersions, readHistory, readSegment } from "../api/calls";
import { ApiError } from "../api/client";
import type { SegmentDetail } from "../api/types";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { useI18n } from "../i18n/i18n";
import { PersonCell } from "../people/PersonCell";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { saveFile } from "../ui/download";
import { Facts } from "../ui/Facts";
import { DeleteOutlined, DownloadOutlined, EditOutlined } from "../ui/icons";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { Explain } from "./Explain";
import { LookAlikes } from "./LookAlikes";
import { historyOption } from "./options";
import { newSegmentPath, segmentPath, statusTone } from "./segment";
import { Unknown } from "./Unknown";
import "../people/people.css";
import "../people/person.css";
import "./segments.css";
import { MorePages } from "../people/MorePages";

const tabs = ["members", "history", "rule", "why", "alike"] as const;

export default function SegmentPage() {
  const { t } = useI18n();
  const { id = "" } = useParams();
  const place = usePlace();
  const [params, setParams] = useSearchParams();
  const segment = useQuery({
    queryKey: ["segments", id],
    queryFn: () => readSegment(id),
    refetchInterval: (query) =>
      query.state.status === "error" ? false : query.state.data?.status === "live" ? 5_000 : 1_000,
  });
  const back = <Link to="/segments">← {t("segments.back")}</Link>;
  if (segment.isError && segment.data === undefined) {
    const gone = segment.error instanceof ApiError && segment.error.status === 404;
    return (
      <Page title={gone ? t("segment.unknown") : id} tools={back}>
        <Failed error={segment.error} retry={() => segment.refetch()} />
      </Page>
    );
  }
  if (segment.isPending)
    return (
      <Page title={id} tools={back}>
        <Loading />
      </Page>
    );
  const asked = tabs.find((tab) => tab === params.get("tab")) ?? "members";
  const content = {
    members: <Members segment={segment.data} place={place} />,
    history: <History segment={segment.data} place={place} />,
    rule: <Versions segment={segment.data} place={place} />,
    why: <Explain segment={segment.data} place={place} />,
    alike: <LookAlikes segment={segment.data} place={place} />,
  };
  return (
    <Page
      title={segment.data.name}
      about={segment.data.description === "" ? <code className="mono">{id}</code> : segment.data.description}
      tools={
        <>
          {back}
          <Tools segment={segment.data} />
        </>
      }
    >
      <div className="stack">
        <Head segment={segment.data} place={place} />
        <Unknown of={segment.data} />
        <Tabs
          activeKey={asked}
          destroyOnHidden
          onChange={(tab) => setParams(tab === "members" ? {} : { tab }, { replace: true })}
          items={tabs.map((key) => ({ key, label: t(`segment.tab.${key}`), children: content[key] }))}
        />
      </div>
    </Page>
  );
}

function Head({ segment, place }: { segment: SegmentDetail; place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  return (
    <Facts
      label={t("buyers.figures")}
      facts={[
        {
          name: t("segments.people"),
          value: <span data-figure="people">{format.count(segment.people)}</span>,
          note: t("segment.keys", { count: format.count(segment.shopper_keys) }),
        },
        {
          name: t("segments.status"),
          value: (
            <span className={`pill status-${statusTone(segment.status)}`} role="status">
              {t(`segment.${segment.status}`)}
            </span>
          ),
        },
        {
          name: t("segment.version"),
          value: format.count(segment.version),
          note: format.dateTime(segment.saved_at),
        },
        {
          name: t("segment.namedBy"),
          value: format.count(segment.named_by.length),
          note:
            segment.named_by.length === 0
              ? t("segment.namedByNone")
              : segment.named_by.map((id) => (
                  <Link key={id} to={segmentPath(id)} className="named-by">
                    {id}
                  </Link>
                )),
        },
      ]}
    />
  );
}

function Tools({ segment }: { segment: SegmentDetail }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const csv = useMutation({
    mutationFn: () => exportSegment(segment.id),
    onSuccess: (file) => saveFile(`fanvine-${segment.id}.csv`, file),
    onError: (error) => message.error(problemText(error, t)),
  });
  const remove = useMutation({
    mutationFn: () => deleteSegment(segment.id),
    onSuccess: async () => {
      navigate("/segments");
      client.removeQueries({ queryKey: ["segments", segment.id] });
      await client.invalidateQueries({ queryKey: ["segments"] });
    },
    onError: (error) => message.error(problemText(error, t)),
  });
  return (
    <>
      <Button icon={<DownloadOutlined />} loading={csv.isPending} onClick={() => csv.mutate()}>
        {t("segment.export")}
      </Button>
      {mayChange && (
        <>
          <Button type="primary" icon={<EditOutlined />} onClick={() => navigate(segmentPath(segment.id, "/edit"))}>
            {t("segment.edit")}
          </Button>
          <Popconfirm
            title={t("segment.deleteTitle", { name: segment.name })}
            description={t("segment.deleteText")}
            okText={t("segment.delete")}
            onConfirm={() => remove.mutate()}
          >
            <Button aria-label={t("segment.delete")} title={t("segment.delete")} icon={<DeleteOutlined />} />
          </Popconfirm>
        </>
      )}
    </>
  );
}

function Members({ segment, place }: { segment: SegmentDetail; place: Place }) {
  const { t } = useI18n();
  const list = useInfiniteQuery({
    // Asked anew when somebody came or went.
    queryKey: ["segments", segment.id, "members", segment.people, segment.version],
    queryFn: ({ pageParam }) => listMembers(segment.id, pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const members = list.data.pages.flatMap((page) => page.members);
  if (members.length === 0)
    return (
      <div className="panel empty">
        <h2>{segment.status === "live" ? t("segment.nobody") : t(`segment.${segment.status}`)}</h2>
        <p>{segment.status === "live" ? t("segment.nobodyText") : t("segment.countingText")}</p>
      </div>
    );
  return (
    <section className="panel people" aria-label={t("segment.tab.members")}>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("people.person")}</th>
            <th scope="col">{t("segment.allKeys")}</th>
            <th scope="col">
              <span className="sr-only">{t("segment.tab.why")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {members.map((member) => (
            <tr key={member.person_id}>
              <th scope="row">
                <PersonCell personId={member.person_id} shopperKey={member.shopper_id} />
              </th>
              <td className="mono member-keys" title={member.shopper_ids.join("\n")}>
                {place.format.count(member.shopper_ids.length)}
              </td>
              <td className="people-figure">
                <Link
                  className="above"
                  to={segmentPath(segment.id, `?tab=why&who=${encodeURIComponent(member.shopper_id)}`)}
                >
                  {t("segment.why")}
                </Link>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <MorePages pages={list} />
    </section>
  );
}

function History({ segment, place }: { segment: SegmentDetail; place: Place }) {
  const { t } = useI18n();
  const { palette } = useTheme();
  const { format } = place;
  const [per, setPer] = useState<"hour" | "day">("day");
  const history = useQuery({
    queryKey: ["segments", segment.id, "history", per],
    queryFn: () => readHistory(segment.id, { per }),
    refetchInterval: 10_000,
  });
  const points = history.data?.points;
  const option = useMemo(
    () => (points === undefined ? null : historyOption({ points, per, format, palette, t })),
    [points, per, format, palette, t],
  );
  if (history.isPending) return <Loading />;
  if (history.isError) return <Failed error={history.error} retry={() => history.refetch()} />;
  return (
    <div className="stack">
      <div className="people-bar">
        <Segmented
          aria-label={t("overview.interval")}
          value={per}
          options={[
            { value: "day", label: t("interval.day") },
            { value: "hour", label: t("interval.hour") },
          ]}
          onChange={setPer}
        />
        <span className="faint">{t("segment.historyAbout")}</span>
      </div>
      {option !== null && (
        <ChartPanel
          title={t("segment.size")}
          label={t("segment.historyChart")}
          legend={[
            [palette.vine, t("segments.people"), "line"],
            [palette.sky, t("segment.entered"), "bar"],
            [palette.apricot, t("segment.left"), "bar"],
          ]}
          option={option}
          height={320}
          head={[t(`interval.${per}`), t("segments.people"), t("segment.entered"), t("segment.left")]}
          rows={[...(points ?? [])].reverse().map((point) => ({
            key: point.start,
            name: format.dateTime(point.start),
            cells: [format.count(point.people), format.count(point.entered), format.count(point.left)],
          }))}
        />
      )}
    </div>
  );
}

function Versions({ segment, place }: { segment: SegmentDetail; place: Place }) {
  const { t } = useI18n();
  const mayChange = useMay("operator");
  const list = useQuery({
    queryKey: ["segments", segment.id, "versions", segment.version],
    queryFn: () => listVersions(segment.id),
  });
  return (
    <div className="stack">
      <Panel label={t("segment.rule")} title={t("segment.rule")}>
        <pre className="code-block rule-shown">{segment.text}</pre>
        {segment.names.length > 0 && (
          <p className="panel-foot">
            {t("segment.names")}
            {segment.names.map((id) => (
              <Link key={id} to={segmentPath(id)} className="named-by">
                {id}
              </Link>
            ))}
          </p>
        )}
      </Panel>
      <Panel label={t("segment.versions")} title={t("segment.versions")}>
        {list.isPending && <Loading />}
        {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
        <ul className="entries">
          {list.data?.versions.map((version) => (
            <li key={version.version} className="entry-decided">
              <div>
                <p className="entry-line">
                  <span className="pill">{t("segment.versionOf", { number: version.version })}</span>
                  <strong>{version.name}</strong>
                  <time className="faint" dateTime={version.saved_at}>
                    {place.format.dateTime(version.saved_at)}
                  </time>
                </p>
                <code className="mono">{version.text}</code>
              </div>
              {mayChange && version.version !== segment.version && (
                <Link to={segmentPath(segment.id, `/edit?rule=${encodeURIComponent(JSON.stringify(version.rule))}`)}>
                  {t("segment.goBack")}
                </Link>
              )}
            </li>
          ))}
        </ul>
        <p className="panel-foot">
          <Link to={newSegmentPath(segment.rule, segment.name)}>{t("segment.copy")}</Link>
        </p>
      </Panel>
    </div>
  );
}
