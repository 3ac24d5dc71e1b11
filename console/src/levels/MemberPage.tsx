/** One shopper: their level and its rights, what they grew by, their points; and giving them some of either. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Input, Modal, Popconfirm } from "antd";
import { useState } from "react";
import { useParams } from "react-router";
import {
  type EarnedPoints,
  giveGrowth,
  givePoints,
  listEarned,
  type MemberView,
  type PointsView,
  readMember,
  readPoints,
  takeGrowthBack,
} from "../api/levels";
import { useI18n } from "../i18n/i18n";
import { CountInput } from "../offers/Amount";
import { Field } from "../offers/BenefitForm";
import { MorePages } from "../people/MorePages";
import { wordFor } from "../people/person";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { Facts } from "../ui/Facts";
import { Failed, Loading, Page, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { isMissing, Rights } from "./LevelsPage";
import "../people/people.css";
import "../segments/segments.css";
import "../offers/offers.css";

type What = "growth" | "points";

export default function MemberPage() {
  const { id = "" } = useParams();
  const { t } = useI18n();
  const place = usePlace();
  const mayChange = useMay("operator");
  const [giving, setGiving] = useState<What | null>(null);
  const member = useQuery({
    queryKey: ["levels", "member", id],
    queryFn: () => readMember(id),
    retry: (count, error) => !isMissing(error) && count < 2,
  });
  const points = useQuery({ queryKey: ["points", "of", id], queryFn: () => readPoints(id) });
  return (
    <Page
      title={id}
      about={t("levels.memberAbout")}
      tools={
        mayChange && (
          <>
            {member.isSuccess && <Button onClick={() => setGiving("growth")}>{t("levels.giveGrowth")}</Button>}
            <Button onClick={() => setGiving("points")}>{t("points.give")}</Button>
          </>
        )
      }
    >
      <div className="stack">
        {member.isPending && <Loading />}
        {member.isError &&
          (isMissing(member.error) ? (
            <p className="faint">{t("levels.none")}</p>
          ) : (
            <Failed error={member.error} retry={() => member.refetch()} />
          ))}
        {member.data !== undefined && <Standing member={member.data} place={place} />}
        {points.isError && <Failed error={points.error} retry={() => points.refetch()} />}
        {points.data !== undefined && <Points points={points.data} place={place} />}
        <Earned id={id} place={place} />
        {member.data !== undefined && <Grown member={member.data} place={place} />}
      </div>
      {giving !== null && <Give what={giving} id={id} close={() => setGiving(null)} />}
    </Page>
  );
}

function Standing({ member, place }: { member: MemberView; place: Place }) {
  const { t } = useI18n();
  const { held, next } = member;
  const count = place.format.count;
  const until =
    held && t("levels.untilNote", { until: place.format.dateTime(held.until), keeps: count(held.level.keeps) });
  return (
    <>
      <Facts
        label={t("levels.level")}
        facts={[
          { name: t("levels.level"), value: held?.level.name ?? t("levels.noLevel"), ...(until && { note: until }) },
          { name: t("levels.growth"), value: count(member.growth), hint: t("levels.growthHint") },
          { name: t("levels.waiting"), value: count(member.waiting), hint: t("levels.waitingHint") },
          ...(next == null
            ? []
            : [{ name: t("levels.missing", { level: next.level.name }), value: count(next.missing) }]),
        ]}
      />
      {held != null && (
        <Panel title={t("levels.rights")} label={t("levels.rights")}>
          <div className="panel-body">
            <Rights rights={held.level.rights ?? []} offers={held.offers} />
          </div>
        </Panel>
      )}
    </>
  );
}

function Points({ points, place }: { points: PointsView; place: Place }) {
  const { t } = useI18n();
  const count = place.format.count;
  const moment = (at: string | null | undefined) => (at == null ? "–" : place.format.dateTime(at));
  return (
    <>
      <Facts
        label={t("points.balance")}
        facts={[
          { name: t("points.balance"), value: count(points.balance), hint: t("points.balanceHint") },
          { name: t("points.spendable"), value: count(points.spendable) },
          { name: t("points.reserved"), value: count(points.reserved) },
        ]}
      />
      {points.lots.length > 0 && (
        <Panel title={t("points.lots")} label={t("points.lots")}>
          <table className="people-table">
            <thead>
              <tr>
                <th scope="col" className="people-figure">
                  {t("points.balance")}
                </th>
                <th scope="col">{t("points.opensAt")}</th>
                <th scope="col">{t("points.expiresAt")}</th>
              </tr>
            </thead>
            <tbody>
              {points.lots.map((lot, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: lots have no names
                <tr key={at}>
                  <td className="people-figure">{count(lot.points)}</td>
                  <td>{moment(lot.opens_at)}</td>
                  <td>{moment(lot.expires_at)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
      )}
    </>
  );
}

/** Points they were given for what they did, the latest first. */
function Earned({ id, place }: { id: string; place: Place }) {
  const { t } = useI18n();
  const list = useInfiniteQuery({
    queryKey: ["points", "earned", id],
    queryFn: ({ pageParam }) => listEarned(id, { limit: 50, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const earned = list.data?.pages.flatMap((page) => page.earned) ?? [];
  if (earned.length === 0) return null;
  const back = ({ taken_back_at: at }: EarnedPoints) => (at == null ? "–" : place.format.dateTime(at));
  return (
    <Panel title={t("earning.earned")} label={t("earning.earned")}>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("earning.rule")}</th>
            <th scope="col">{t("earning.event")}</th>
            <th scope="col" className="people-figure">
              {t("earning.points")}
            </th>
            <th scope="col">{t("earning.at")}</th>
            <th scope="col">{t("earning.takenBackAt")}</th>
          </tr>
        </thead>
        <tbody>
          {earned.map((one) => (
            <tr key={`${one.rule_id}/${one.message_id}`}>
              <th scope="row">{one.name ?? one.rule_id}</th>
              <td>{wordFor(t, "event", one.event)}</td>
              <td className="people-figure">{place.format.count(one.points)}</td>
              <td>{place.format.dateTime(one.given_at)}</td>
              <td>{back(one)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <MorePages pages={list} />
    </Panel>
  );
}

const given = "given/";

function Grown({ member, place }: { member: MemberView; place: Place }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const client = useQueryClient();
  const mayChange = useMay("operator");
  const takeBack = useMutation({
    mutationFn: (source: string) => takeGrowthBack(member.shopper_id, source.slice(given.length)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["levels"] }),
    onError: (error) => message.error(problemText(error, t)),
  });
  return (
    <Panel title={t("levels.grown")} label={t("levels.grown")}>
      {member.grown.length === 0 && <p className="panel-body faint">{t("levels.notGrown")}</p>}
      {member.grown.length > 0 && (
        <table className="people-table">
          <thead>
            <tr>
              <th scope="col">{t("levels.source")}</th>
              <th scope="col" className="people-figure">
                {t("levels.growth")}
              </th>
              <th scope="col">{t("levels.countsFrom")}</th>
              <th scope="col">{t("levels.countsUntil")}</th>
              <th scope="col" aria-label={t("levels.takeBack")} />
            </tr>
          </thead>
          <tbody>
            {member.grown.map((one) => (
              <tr key={one.source}>
                <th scope="row" className="mono">
                  <div className="person-names segment-name">
                    {one.source}
                    {one.note != null && <small>{one.note}</small>}
                  </div>
                </th>
                <td className="people-figure">{place.format.count(one.growth)}</td>
                <td>{place.format.dateTime(one.counts_from)}</td>
                <td>{place.format.dateTime(one.counts_until)}</td>
                <td>
                  {mayChange && one.growth > 0 && one.source.startsWith(given) && (
                    <Popconfirm title={t("levels.takeBackAbout")} onConfirm={() => takeBack.mutate(one.source)}>
                      <Button size="small">{t("levels.takeBack")}</Button>
                    </Popconfirm>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Give({ what, id, close }: { what: What; id: string; close: () => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const [amount, setAmount] = useState<number | null | undefined>(null);
  const [note, setNote] = useState("");
  // One key for one dialog: whoever presses twice gives once.
  const [key] = useState(() => crypto.randomUUID());
  const give = useMutation({
    mutationFn: async () => {
      if (what === "points") await givePoints(id, key, amount ?? 0);
      else await giveGrowth(id, key, { growth: amount ?? 0, note: note === "" ? null : note });
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: [what === "points" ? "points" : "levels"] });
      close();
    },
  });
  const title = t(what === "points" ? "points.give" : "levels.giveGrowth");
  return (
    <Modal
      open
      title={title}
      okText={title}
      okButtonProps={{ loading: give.isPending, disabled: amount == null || amount === 0 }}
      onOk={() => give.mutate()}
      onCancel={close}
    >
      <div className="stack">
        {give.isError && <Alert type="error" showIcon title={problemText(give.error, t)} />}
        <Field label={t("levels.amount")}>
          <CountInput
            label={t("levels.amount")}
            least={what === "points" ? -1_000_000_000 : 1}
            value={amount}
            onChange={setAmount}
          />
        </Field>
        {what === "growth" && (
          <Field label={t("levels.note")}>
            <Input aria-label={t("levels.note")} value={note} onChange={(typed) => setNote(typed.target.value)} />
          </Field>
        )}
        {what === "points" && <p className="faint">{t("points.giveAbout")}</p>}
      </div>
    </Modal>
  );
}
