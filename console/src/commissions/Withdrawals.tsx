/** Withdrawals that wait for somebody: approved with the payment's reference, or rejected with the reason. */
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Input, Modal } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import {
  approveWithdrawal,
  listWithdrawals,
  rejectWithdrawal,
  type WithdrawalState,
  type WithdrawalView,
} from "../api/commissions";
import { useI18n } from "../i18n/i18n";
import { Field } from "../offers/BenefitForm";
import { MorePages } from "../people/MorePages";
import type { Place } from "../people/usePlace";
import { useMay } from "../session/session";
import { Failed, Loading } from "../ui/Page";
import { problemText } from "../ui/problem";
import { sharerPath } from "./CommissionsPage";

const tones: Record<WithdrawalState, string> = {
  requested: "status-busy",
  paid: "status-live",
  rejected: "status-bad",
  lapsed: "",
};

type Deciding = { one: WithdrawalView; verb: "approve" | "reject" };

export function Withdrawals({ place }: { place: Place }) {
  const { t } = useI18n();
  const [all, setAll] = useState(false);
  const [deciding, setDeciding] = useState<Deciding | null>(null);
  const list = useInfiniteQuery({
    queryKey: ["commissions", "withdrawals", all],
    queryFn: ({ pageParam }) => listWithdrawals({ open: all ? "false" : "true", limit: 50, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const shown = list.data?.pages.flatMap((page) => page.withdrawals) ?? [];
  return (
    <>
      <div className="people-bar">
        <h2>{t("commissions.withdrawals")}</h2>
        <Checkbox checked={all} onChange={(ticked) => setAll(ticked.target.checked)}>
          {t("commissions.decidedToo")}
        </Checkbox>
      </div>
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
      {list.isSuccess && shown.length === 0 && <p className="faint">{t("commissions.noWithdrawals")}</p>}
      {shown.length > 0 && (
        <section className="panel people" aria-label={t("commissions.withdrawals")}>
          <WithdrawalTable withdrawals={shown} place={place} decide={setDeciding} />
          <MorePages pages={list} />
        </section>
      )}
      {deciding !== null && <Decision {...deciding} place={place} close={() => setDeciding(null)} />}
    </>
  );
}

interface TableProps {
  withdrawals: WithdrawalView[];
  place: Place;
  decide?: (deciding: Deciding) => void;
}

export function WithdrawalTable({ withdrawals, place, decide }: TableProps) {
  const { t } = useI18n();
  const mayChange = useMay("operator");
  return (
    <table className="people-table">
      <thead>
        <tr>
          <th scope="col">{t("commissions.sharer")}</th>
          <th scope="col" className="people-figure">
            {t("commissions.amount")}
          </th>
          <th scope="col">{t("commissions.payee")}</th>
          <th scope="col">{t("offers.status")}</th>
          <th scope="col">{t("commissions.asked")}</th>
          {decide && mayChange && <th scope="col">{t("commissions.decision")}</th>}
        </tr>
      </thead>
      <tbody>
        {withdrawals.map((one) => (
          <tr key={one.withdrawal_id} data-withdrawal={one.withdrawal_id}>
            <th scope="row">
              <Link to={sharerPath(one.shopper_id)}>{one.shopper_id}</Link>
            </th>
            <td className="people-figure">{place.format.money(one.amount_minor, one.currency)}</td>
            <td>
              <div className="person-names segment-name">
                {one.payee}
                {one.note && <small>{one.note}</small>}
              </div>
            </td>
            <td>
              <span className={`pill ${tones[one.state]}`}>{t(`commissions.state.${one.state}`)}</span>
            </td>
            <td>{place.format.dateTime(one.requested_at)}</td>
            {decide && mayChange && (
              <td>
                {one.state === "requested" && (
                  <>
                    <Button size="small" type="primary" onClick={() => decide({ one, verb: "approve" })}>
                      {t("commissions.approve")}
                    </Button>{" "}
                    <Button size="small" onClick={() => decide({ one, verb: "reject" })}>
                      {t("commissions.reject")}
                    </Button>
                  </>
                )}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Decision({ one, verb, place, close }: Deciding & { place: Place; close: () => void }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const decide = useMutation({
    mutationFn: () => (verb === "approve" ? approveWithdrawal : rejectWithdrawal)(one.withdrawal_id, note),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["commissions"] });
      close();
    },
  });
  const amount = place.format.money(one.amount_minor, one.currency);
  return (
    <Modal
      open
      title={t(verb === "approve" ? "commissions.approveTitle" : "commissions.rejectTitle", {
        amount,
        shopper: one.shopper_id,
      })}
      okText={t(verb === "approve" ? "commissions.approve" : "commissions.reject")}
      okButtonProps={{ loading: decide.isPending, danger: verb === "reject" }}
      onOk={() => decide.mutate()}
      onCancel={close}
    >
      {decide.isError && <Alert type="error" showIcon title={problemText(decide.error, t)} />}
      <Field label={t(verb === "approve" ? "commissions.reference" : "commissions.reason")}>
        <Input
          aria-label={t(verb === "approve" ? "commissions.reference" : "commissions.reason")}
          value={note}
          onChange={(typed) => setNote(typed.target.value)}
        />
      </Field>
    </Modal>
  );
}
