/** A dashboard by a link to it, for whoever has the link. The token is behind the #, which never leaves the browser. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "react-router";
import { answerShared, type Instead, readShared } from "../api/reporting";
import { Failed, Loading, Page } from "../ui/Page";
import { Days } from "./Days";
import { Grid } from "./Grid";
import "./dashboards.css";

export default function SharedPage() {
  const token = useLocation().hash.slice(1);
  const [days, setDays] = useState<Instead | null>(null);
  const dashboard = useQuery({ queryKey: ["shared", token], queryFn: () => readShared(token), retry: false });
  if (dashboard.isPending) return <Loading />;
  if (dashboard.isError)
    return (
      <div className="centre">
        <Failed error={dashboard.error} />
      </div>
    );
  const { name, description, tiles, insights, time_zone } = dashboard.data;
  return (
    <Page title={name} about={description} tools={<Days value={days} onChange={setDays} />}>
      <Grid
        tiles={tiles}
        insights={insights}
        timeZone={time_zone}
        asked={`${token} ${days?.from ?? ""} ${days?.to ?? ""}`}
        ask={(insight, signal) => answerShared(token, insight, days, signal)}
      />
    </Page>
  );
}
