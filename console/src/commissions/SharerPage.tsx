/** One sharer: what they have, which orders earned it, what they asked for, and whom they brought. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { type Invitee, readStatement, readTree, type Statement } from "../api/commissions";
import { listPlays } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import { type Place, usePlace } from "../people/usePlace";
import { Facts } from "../ui/Facts";
import { Failed, Loading, Page } from "../ui/Page";
import { sharerPath } from "./CommissionsPage";
import { WithdrawalTable } from "./Withdrawals";
import "../people/people.css";
import "../segments/segments.css";

export default function SharerPage() {
  const { id = "" } = useParams();
  const { t } = useI18n();
  const place = usePlace();
  const statement = useInfiniteQuery({
    queryKey: ["commissions", "statement", id],
    queryFn: ({ pageParam }) => readStatement(id, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const first = statement.data?.pages[0];
  return (
    <Page title={id} about={t("commissions.sharerAbout")}>
      {statement.isPending && <Loading />}
      {statement.isError && <Failed error={statement.error} retry={() => statement.refetch()} />}
      {first !== undefined && (
        <div className="stack">
          <Balances statement={first} place={place} />
          <h2>{t("commissions.entries")}</h2>
          <section className="panel people" aria-label={t("commissions.entries")}>
            <Entries pages={statement.data?.pages ?? []} place={place} />
            <MorePages pages={statement} />
          </section>
          {first.withdrawals.length > 0 && (
            <>
              <h2>{t("commissions.withdrawals")}</h2>
              <section className="panel people" aria-label={t("commissions.withdrawals")}>
                <WithdrawalTable withdrawals={first.withdrawals} place={place} />
              </section>
            </>
          )}
          <Tree id={id} place={place} />
        </div>
      )}
    </Page>
  );
}

function Balances({ statement, place }: { statement: Statement; place: Place }) {
  const { t } = useI18n();
  const facts = statement.balances.flatMap((one) => {
    const shown = (minor: number) => place.format.money(minor, one.currency);
    return [
      { name: t("commissions.available"), value: shown(one.available_minor), hint: t("commissions.availableHint") },
      { name: t("commissions.frozen"), value: shown(one.frozen_minor), hint: t("commissions.frozenHint") },
      { name: t("commissions.requested"), value: shown(one.requested_minor) },
      { name: t("commissions.balance"), value: shown(one.balance_minor), hint: t("commissions.balanceHint") },
    ];
  });
  return (
    <>
      {facts.length > 0 && <Facts label={t("commissions.balance")} facts={facts} />}
      <p className="faint">
        {t("commissions.codes")} <span className="mono">{statement.codes.join(", ") || "–"}</span>{" "}
        {statement.accounts.map((account) => (
          <Link key={account} to={`/ledger?tab=transfers&account=${encodeURIComponent(account)}`}>
            {t("nav.ledger")}
          </Link>
        ))}
      </p>
    </>
  );
}

function Entries({ pages, place }: { pages: Statement[]; place: Place }) {
  const { t } = useI18n();
  const entries = pages.flatMap((page) => page.entries);
  if (entries.length === 0) return <p className="faint">{t("commissions.noEntries")}</p>;
  return (
    <table className="people-table">
      <thead>
        <tr>
          <th scope="col">{t("commissions.order")}</th>
          <th scope="col">{t("commissions.buyer")}</th>
          <th scope="col">{t("commissions.level")}</th>
          <th scope="col" className="people-figure">
            {t("commissions.amount")}
          </th>
          <th scope="col" className="people-figure">
            {t("commissions.takenBack")}
          </th>
          <th scope="col">{t("commissions.opens")}</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((one) => (
          <tr key={`${one.redemption_id}/${one.level}`}>
            <th scope="row" className="mono">
              {one.order_id ?? one.redemption_id}
            </th>
            <td>{one.buyer_id}</td>
            <td>{place.format.count(one.level)}</td>
            <td className="people-figure">{place.format.money(one.amount_minor, one.currency)}</td>
            <td className="people-figure">{place.format.money(one.taken_back_minor, one.currency)}</td>
            <td>{place.format.dateTime(one.opens_at)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Tree({ id, place }: { id: string; place: Place }) {
  const { t } = useI18n();
  const [chosen, setChosen] = useState<string | null>(null);
  const plays = useQuery({ queryKey: ["plays", "first"], queryFn: () => listPlays({ limit: 1000 }) });
  const referral = plays.data?.plays.filter((play) => play.terms.rules.kind === "referral") ?? [];
  const play = chosen ?? referral[0]?.play_id ?? null;
  const tree = useQuery({
    queryKey: ["commissions", "tree", id, play],
    queryFn: () => readTree(id, play ?? ""),
    enabled: play !== null,
  });
  if (play === null) return null;
  return (
    <>
      <div className="people-bar">
        <h2>{t("commissions.tree")}</h2>
        <Select
          aria-label={t("nav.plays")}
          value={play}
          onChange={setChosen}
          options={referral.map((one) => ({ value: one.play_id, label: one.terms.name }))}
        />
      </div>
      {tree.isError && <Failed error={tree.error} retry={() => tree.refetch()} />}
      {tree.data !== undefined && (
        <section className="panel" aria-label={t("commissions.tree")}>
          {tree.data.brought_by != null && (
            <p>
              {t("commissions.broughtBy")} <Link to={sharerPath(tree.data.brought_by)}>{tree.data.brought_by}</Link>
            </p>
          )}
          {tree.data.invited.length === 0 ? (
            <p className="faint">{t("commissions.noInvitees")}</p>
          ) : (
            <Branches invited={tree.data.invited} place={place} />
          )}
        </section>
      )}
    </>
  );
}

function Branches({ invited, place }: { invited: Invitee[]; place: Place }) {
  const { t } = useI18n();
  return (
    <ul>
      {invited.map((one) => (
        <li key={one.shopper_id}>
          <Link to={sharerPath(one.shopper_id)}>{one.shopper_id}</Link>{" "}
          <small className="faint">
            {t("commissions.invitee", {
              orders: place.format.count(one.orders),
              earned: place.format.money(one.commission_minor, place.currency ?? "CNY"),
              since: place.format.dateTime(one.bound_at),
            })}
          </small>
          {one.invited.length > 0 && <Branches invited={one.invited} place={place} />}
        </li>
      ))}
    </ul>
  );
}
