/** The ledger: its accounts, what moved, what is set aside, and the proof that all of it adds up. */
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button, Input, Select, Tabs } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";
import type { LedgerTransfer } from "../api/act";
import { listLedgerAccounts, listReservations, listTransfers, proveLedger } from "../api/act";
import { useI18n } from "../i18n/i18n";
import { Field } from "../offers/BenefitForm";
import { MorePages } from "../people/MorePages";
import { type Place, usePlace } from "../people/usePlace";
import { Facts } from "../ui/Facts";
import { unknown } from "../ui/format";
import { Failed, Loading, Page } from "../ui/Page";
import { problemText } from "../ui/problem";
import { useNow } from "../ui/useNow";
import "../people/people.css";
import "../segments/segments.css";
import "../offers/offers.css";

const tabs = ["accounts", "transfers", "reservations", "proof"] as const;

export default function LedgerPage() {
  const { t } = useI18n();
  const place = usePlace();
  const [params, setParams] = useSearchParams();
  const tab = tabs.find((one) => one === params.get("tab")) ?? "accounts";
  const account = params.get("account");
  const open = (name: string) => setParams({ tab: "transfers", account: name });
  const content = {
    accounts: <Accounts place={place} onOpen={open} />,
    transfers: (
      <Transfers
        key={account ?? "all"}
        account={account}
        place={place}
        onOpen={open}
        onAll={() => setParams({ tab: "transfers" })}
      />
    ),
    reservations: <Reservations place={place} onOpen={open} />,
    proof: <Proof place={place} />,
  };
  return (
    <Page title={t("nav.ledger")} about={t("ledger.about")}>
      <Tabs
        activeKey={tab}
        destroyOnHidden
        onChange={(key) => setParams(key === "accounts" ? {} : { tab: key }, { replace: true })}
        items={tabs.map((key) => ({ key, label: t(`ledger.${key}`), children: content[key] }))}
      />
    </Page>
  );
}

type Open = (account: string) => void;

function Accounts({ place, onOpen }: { place: Place; onOpen: Open }) {
  const { t } = useI18n();
  const { format, language } = place;
  const [kind, setKind] = useState<string | null>(null);
  const [begins, setBegins] = useState("");
  const list = useInfiniteQuery({
    queryKey: ["ledger", "accounts", kind, begins],
    queryFn: ({ pageParam }) => listLedgerAccounts({ kind, begins, after: pageParam, limit: 50 }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (before) => before,
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const accounts = list.data.pages.flatMap((page) => page.accounts);
  const kinds = list.data.pages[0]?.kinds ?? [];
  return (
    <div className="stack">
      <div className="fields">
        <Field label={t("ledger.kind")}>
          <Select
            aria-label={t("ledger.kind")}
            className="benefit-kind"
            allowClear
            placeholder={t("ledger.allKinds")}
            value={kind}
            onChange={(chosen) => setKind(chosen ?? null)}
            options={kinds.map((one) => ({
              value: one.kind,
              label: `${one.purpose[language]} (${format.count(one.accounts)})`,
            }))}
          />
        </Field>
        <Field label={t("ledger.begins")}>
          <Input.Search
            aria-label={t("ledger.begins")}
            className="mono"
            allowClear
            placeholder="sold/"
            onSearch={(text) => setBegins(text.trim())}
          />
        </Field>
      </div>
      {accounts.length === 0 ? (
        <div className="panel empty">
          <h2>{t("ledger.none")}</h2>
          <p>{t("ledger.noneText")}</p>
        </div>
      ) : (
        <section className="panel people" aria-label={t("ledger.accounts")}>
          <table className="people-table">
            <thead>
              <tr>
                <th scope="col">{t("ledger.account")}</th>
                <th scope="col">{t("ledger.purpose")}</th>
                <th scope="col" className="people-figure">
                  {t("ledger.balance")}
                </th>
                <th scope="col" className="people-figure">
                  {t("ledger.heldIn")}
                </th>
                <th scope="col" className="people-figure">
                  {t("ledger.heldOut")}
                </th>
                <th scope="col" className="people-figure">
                  {t("ledger.ceiling")}
                </th>
              </tr>
            </thead>
            <tbody>
              {accounts.map((one) => (
                <tr key={one.account} data-account={one.account}>
                  <th scope="row">
                    <div className="person-names segment-name">
                      <AccountButton name={one.account} onOpen={onOpen} />
                      <small>{one.unit}</small>
                    </div>
                  </th>
                  <td>{one.purpose[language]}</td>
                  <td className="people-figure">{format.count(one.balance)}</td>
                  <td className="people-figure">{format.count(one.held_in)}</td>
                  <td className="people-figure">{format.count(one.held_out)}</td>
                  <td className="people-figure">{format.count(one.ceiling)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <MorePages pages={list} />
        </section>
      )}
    </div>
  );
}

function AccountButton({ name, onOpen }: { name: string; onOpen: Open }) {
  return (
    <button type="button" className="link-like mono" onClick={() => onOpen(name)}>
      {name}
    </button>
  );
}

interface TransfersProps {
  account: string | null;
  place: Place;
  onOpen: Open;
  onAll: () => void;
}

function Transfers({ account, place, onOpen, onAll }: TransfersProps) {
  const { t } = useI18n();
  const list = useInfiniteQuery({
    queryKey: ["ledger", "transfers", account],
    queryFn: ({ pageParam }) => listTransfers({ account, before: pageParam, limit: 50 }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const transfers = list.data.pages.flatMap((page) => page.transfers);
  return (
    <div className="stack">
      {account !== null && (
        <div className="people-bar">
          <span>
            {t("ledger.transfersOf")} <code>{account}</code>
          </span>
          <Button onClick={onAll}>{t("ledger.all")}</Button>
        </div>
      )}
      {transfers.length === 0 ? (
        <div className="panel empty">
          <h2>{t("ledger.noTransfers")}</h2>
          <p>{list.hasNextPage ? t("ledger.further") : t("ledger.noTransfersText")}</p>
          <MorePages pages={list} />
        </div>
      ) : (
        <section className="panel people" aria-label={t("ledger.transfers")}>
          <TransferTable transfers={transfers} place={place} onOpen={onOpen} />
          <MorePages pages={list} />
        </section>
      )}
    </div>
  );
}

interface TableProps {
  transfers: readonly LedgerTransfer[];
  place: Place;
  onOpen: Open;
}

function TransferTable({ transfers, place, onOpen }: TableProps) {
  const { t } = useI18n();
  const { format } = place;
  return (
    <table className="people-table">
      <thead>
        <tr>
          <th scope="col" className="people-figure">
            #
          </th>
          <th scope="col">{t("ledger.what")}</th>
          <th scope="col">{t("ledger.from")}</th>
          <th scope="col">{t("ledger.to")}</th>
          <th scope="col" className="people-figure">
            {t("ledger.amount")}
          </th>
          <th scope="col">{t("ledger.key")}</th>
          <th scope="col">{t("ledger.at")}</th>
        </tr>
      </thead>
      <tbody>
        {transfers.map((one) => (
          <tr key={one.id}>
            <td className="people-figure">{one.id}</td>
            <td>
              <span className={`pill ${one.what === "posted" || one.what === "moved" ? "status-live" : ""}`}>
                {t(`ledger.what.${one.what as "moved"}`)}
              </span>
            </td>
            <td>
              <AccountButton name={one.from} onOpen={onOpen} />
            </td>
            <td>
              <AccountButton name={one.to} onOpen={onOpen} />
            </td>
            <td className="people-figure">{format.count(one.amount)}</td>
            <td className="mono">{one.key}</td>
            <td title={one.deadline == null ? "" : t("ledger.until", { at: format.dateTime(one.deadline) })}>
              {format.dateTime(one.at)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Reservations({ place, onOpen }: { place: Place; onOpen: Open }) {
  const { t } = useI18n();
  const now = useNow(5_000);
  const { format } = place;
  const list = useQuery({ queryKey: ["ledger", "reservations"], queryFn: listReservations, refetchInterval: 5_000 });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const { legs, reservations } = list.data;
  if (legs.length === 0)
    return (
      <div className="panel empty">
        <h2>{t("ledger.noReservations")}</h2>
        <p>{t("ledger.noReservationsText")}</p>
      </div>
    );
  return (
    <div className="stack">
      <span className="faint">{t("ledger.open", { count: format.count(reservations) })}</span>
      <section className="panel people" aria-label={t("ledger.reservations")}>
        <table className="people-table">
          <thead>
            <tr>
              <th scope="col">{t("ledger.key")}</th>
              <th scope="col">{t("ledger.to")}</th>
              <th scope="col" className="people-figure">
                {t("ledger.amount")}
              </th>
              <th scope="col">{t("ledger.releases")}</th>
            </tr>
          </thead>
          <tbody>
            {legs.map((leg) => (
              <tr key={leg.id}>
                <td className="mono">{leg.key}</td>
                <td>
                  <AccountButton name={leg.to} onOpen={onOpen} />
                </td>
                <td className="people-figure">{format.count(leg.amount)}</td>
                <td title={format.dateTime(leg.deadline)}>
                  {leg.deadline == null ? unknown : format.relative(leg.deadline, now)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}

function Proof({ place }: { place: Place }) {
  const { t } = useI18n();
  const { format } = place;
  const proof = useMutation({ mutationFn: proveLedger });
  const found = proof.data;
  return (
    <div className="stack">
      <p>{t("ledger.proofAbout")}</p>
      <div>
        <Button type="primary" loading={proof.isPending} onClick={() => proof.mutate()}>
          {t("ledger.prove")}
        </Button>
      </div>
      {proof.isError && <Alert type="error" showIcon title={problemText(proof.error, t)} />}
      {found !== undefined && (
        <>
          <Alert
            type={found.sound ? "success" : "error"}
            showIcon
            title={found.sound ? t("ledger.sound") : t("ledger.unsound")}
            description={found.faults.length === 0 ? undefined : found.faults.join("\n")}
          />
          <Facts
            label={t("ledger.proof")}
            facts={[
              { name: t("ledger.accounts"), value: format.count(found.accounts) },
              { name: t("ledger.transfers"), value: format.count(found.transfers) },
              { name: t("ledger.reservations"), value: format.count(found.open_reservations) },
              { name: t("ledger.units"), value: format.count(found.units) },
            ]}
          />
        </>
      )}
    </div>
  );
}
