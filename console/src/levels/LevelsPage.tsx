/** Levels and points: the ladder with who stands where, what points are worth, and everybody who holds a level. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { ApiError } from "../api/client";
import { type LevelsView, listMembers, readLevels } from "../api/levels";
import { useI18n } from "../i18n/i18n";
import { offerPath } from "../offers/terms";
import { MorePages } from "../people/MorePages";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { EarningPanel } from "./EarningPanel";
import { LadderForm } from "./LadderForm";
import { PointsRulePanel } from "./PointsRulePanel";
import "../people/people.css";
import "../segments/segments.css";
import "../offers/offers.css";

export const memberPath = (id: string) => `/levels/${encodeURIComponent(id)}`;

/** Whether what was asked for is not there: the shop has not set it yet. */
export const isMissing = (error: unknown) => error instanceof ApiError && error.status === 404;

export default function LevelsPage() {
  const { t } = useI18n();
  const place = usePlace();
  const navigate = useNavigate();
  return (
    <Page
      title={t("nav.levels")}
      about={t("levels.about")}
      tools={
        <Input.Search
          aria-label={t("levels.find")}
          placeholder={t("levels.find")}
          onSearch={(id) => id.trim() !== "" && navigate(memberPath(id.trim()))}
        />
      }
    >
      <div className="stack">
        <LadderPanel place={place} />
        <PointsRulePanel place={place} />
        <EarningPanel place={place} />
      </div>
    </Page>
  );
}

function LadderPanel({ place }: { place: Place }) {
  const { t } = useI18n();
  const mayChange = useMay("operator");
  const [editing, setEditing] = useState(false);
  const levels = useQuery({
    queryKey: ["levels", "ladder"],
    queryFn: readLevels,
    refetchInterval: 10_000,
    retry: (count, error) => !isMissing(error) && count < 2,
  });
  if (levels.isPending) return <Loading />;
  if (levels.isError && !isMissing(levels.error)) return <Failed error={levels.error} retry={() => levels.refetch()} />;
  const view = levels.data;
  return (
    <>
      <Panel
        title={t("levels.ladder")}
        label={t("levels.ladder")}
        tools={
          mayChange &&
          !editing && <Button onClick={() => setEditing(true)}>{t(view ? "levels.edit" : "levels.set")}</Button>
        }
      >
        <div className="panel-body stack">
          {view === undefined && <p className="faint">{t("levels.none")}</p>}
          {view !== undefined && !editing && <LadderTable view={view} place={place} />}
          {editing && <LadderForm before={view?.ladder} place={place} close={() => setEditing(false)} />}
        </div>
      </Panel>
      {view !== undefined && <Members view={view} place={place} />}
    </>
  );
}

function LadderTable({ view, place }: { view: LevelsView; place: Place }) {
  const { t } = useI18n();
  const { ladder } = view;
  const count = place.format.count;
  const rates = Object.entries(ladder.minor_per_growth).map(([currency, minor]) => place.format.money(minor, currency));
  return (
    <>
      <p className="faint">
        {t("levels.how", {
          rates: rates.join(", "),
          wait: count(ladder.counts_after_days ?? 0),
          window: count(ladder.window_days),
          period: count(ladder.period_days),
        })}
      </p>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("levels.level")}</th>
            <th scope="col" className="people-figure">
              {t("levels.needs")}
            </th>
            <th scope="col" className="people-figure">
              {t("levels.keeps")}
            </th>
            <th scope="col" className="people-figure">
              {t("levels.members")}
            </th>
            <th scope="col">{t("levels.rights")}</th>
          </tr>
        </thead>
        <tbody>
          {ladder.levels.map((level, at) => (
            <tr key={level.level} data-level={level.level}>
              <th scope="row">
                <div className="person-names segment-name">
                  {level.name}
                  <small className="mono">{level.level}</small>
                </div>
              </th>
              <td className="people-figure">{count(level.needs)}</td>
              <td className="people-figure">{count(level.keeps)}</td>
              <td className="people-figure">{count(view.standing[at]?.members ?? 0)}</td>
              <td>
                <Rights rights={level.rights ?? []} offers={view.standing[at]?.offers ?? []} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="faint">
        {t("levels.version", { version: count(view.version), since: place.format.dateTime(view.since) })}
      </p>
    </>
  );
}

/** What members of a level have: in the shop's words, and the offers that ask for it. */
export function Rights({ rights, offers }: { rights: string[]; offers: { offer_id: string; name: string }[] }) {
  if (rights.length + offers.length === 0) return "–";
  return (
    <>
      {rights.map((right) => (
        <div key={right}>{right}</div>
      ))}
      {offers.map((offer) => (
        <div key={offer.offer_id}>
          <Link to={offerPath(offer.offer_id)}>{offer.name}</Link>
        </div>
      ))}
    </>
  );
}

function Members({ view, place }: { view: LevelsView; place: Place }) {
  const { t } = useI18n();
  const [level, setLevel] = useState<string | undefined>(undefined);
  const list = useInfiniteQuery({
    queryKey: ["levels", "members", level ?? ""],
    queryFn: ({ pageParam }) => listMembers({ level, limit: 50, after: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    // Levels are told a few seconds after they are reached.
    refetchInterval: 10_000,
  });
  const members = list.data?.pages.flatMap((page) => page.members) ?? [];
  const names = new Map(view.ladder.levels.map((one) => [one.level, one.name]));
  return (
    <Panel
      title={t("levels.members")}
      label={t("levels.members")}
      tools={
        <Select
          aria-label={t("levels.level")}
          className="reward-kind"
          allowClear
          placeholder={t("levels.all")}
          value={level}
          onChange={setLevel}
          options={view.ladder.levels.map((one) => ({ value: one.level, label: one.name }))}
        />
      }
    >
      <div className="panel-body">
        {list.isPending && <Loading />}
        {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
        {list.isSuccess && members.length === 0 && <p className="faint">{t("levels.noMembers")}</p>}
        {members.length > 0 && (
          <table className="people-table">
            <thead>
              <tr>
                <th scope="col">{t("levels.shopper")}</th>
                <th scope="col">{t("levels.level")}</th>
                <th scope="col">{t("levels.since")}</th>
                <th scope="col">{t("levels.until")}</th>
              </tr>
            </thead>
            <tbody>
              {members.map((one) => (
                <tr key={one.shopper_id} data-member={one.shopper_id}>
                  <th scope="row">
                    <Link to={memberPath(one.shopper_id)}>{one.shopper_id}</Link>
                  </th>
                  <td>{names.get(one.level) ?? one.level}</td>
                  <td>{place.format.dateTime(one.since)}</td>
                  <td>{place.format.dateTime(one.until)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <MorePages pages={list} />
      </div>
    </Panel>
  );
}
