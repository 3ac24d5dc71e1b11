/** Why somebody is in the segment, or is not: every clause, whether it holds, and what was found. */
import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Input, Space } from "antd";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { explainMembership } from "../api/calls";
import type { Reason, SegmentDetail } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { personPath } from "../people/person";
import type { Place } from "../people/usePlace";
import { CheckOutlined, CloseOutlined } from "../ui/icons";
import { Failed, Loading, Panel } from "../ui/Page";
import { observedText } from "./segment";

export function Explain({ segment, place }: { segment: SegmentDetail; place: Place }) {
  const { t } = useI18n();
  const [params, setParams] = useSearchParams();
  const who = params.get("who") ?? "";
  const [typed, setTyped] = useState(who);
  const [known, setKnown] = useState(who);
  if (who !== known) {
    setKnown(who);
    setTyped(who);
  }
  const answer = useQuery({
    queryKey: ["segments", segment.id, "why", who, segment.version],
    queryFn: () => explainMembership(segment.id, who),
    enabled: who !== "",
  });
  const ask = () => typed.trim() !== "" && setParams({ tab: "why", who: typed.trim() }, { replace: true });
  return (
    <div className="stack">
      <Space.Compact className="why-ask">
        <Input
          aria-label={t("why.who")}
          placeholder={t("why.who")}
          value={typed}
          onChange={(change) => setTyped(change.target.value)}
          onPressEnter={ask}
        />
        <Button type="primary" disabled={typed.trim() === ""} onClick={ask}>
          {t("why.ask")}
        </Button>
      </Space.Compact>
      {who === "" && <p className="faint">{t("why.about")}</p>}
      {who !== "" && answer.isPending && <Loading />}
      {answer.isError && <Failed error={answer.error} />}
      {answer.data && (
        <Panel
          label={t("segment.tab.why")}
          title={
            <>
              <Link to={personPath(who)} className="mono">
                {who}
              </Link>{" "}
              <span data-figure="member">{t(answer.data.member ? "why.in" : "why.notIn")}</span>
            </>
          }
          tools={
            <span className="faint">
              {t("why.looked", {
                events: place.format.count(answer.data.events),
                time: place.format.dateTime(answer.data.at),
              })}
            </span>
          }
        >
          {answer.data.member !== answer.data.holds && (
            <Alert className="why-alert" type="info" showIcon title={t("why.differs")} />
          )}
          {answer.data.cut_off && <Alert className="why-alert" type="warning" showIcon title={t("why.cutOff")} />}
          <ul className="reasons-tree">
            <ReasonItem reason={answer.data.reason} place={place} />
          </ul>
        </Panel>
      )}
    </div>
  );
}

function ReasonItem({ reason, place }: { reason: Reason; place: Place }) {
  const { t } = useI18n();
  const words = { all: t("rule.all"), any: t("rule.any"), not: t("why.not") } as const;
  const joint = reason.observed === undefined ? words[reason.clause as keyof typeof words] : undefined;
  return (
    <li className={reason.holds ? "reason reason-holds" : "reason"}>
      <p>
        {reason.holds ? <CheckOutlined /> : <CloseOutlined />}
        <span className="sr-only">{t(reason.holds ? "why.holds" : "why.fails")}</span>
        {joint === undefined ? <code className="mono">{reason.clause}</code> : <strong>{joint}</strong>}
        {reason.observed !== undefined && (
          <span className="reason-found">{observedText(reason.observed, place.format, t)}</span>
        )}
      </p>
      {reason.because !== undefined && reason.because.length > 0 && (
        <ul>
          {reason.because.map((part, index) => (
            // Clauses stay where they are in the rule.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            <ReasonItem key={index} reason={part} place={place} />
          ))}
        </ul>
      )}
    </li>
  );
}
