/** The review of a closed campaign: what was promised, what it earned, what the gates had found; to be taken along. */
import { useQuery } from "@tanstack/react-query";
import { App, Button } from "antd";
import { exportReview, readReview } from "../api/campaigns";
import { useI18n } from "../i18n/i18n";
import { Gates } from "../offers/Gates";
import type { Place } from "../people/usePlace";
import { saveFile } from "../ui/download";
import { Failed, Loading, Panel } from "../ui/Page";
import { problemText } from "../ui/problem";
import { Numbers } from "./Numbers";

export function ReviewOf({ id, place }: { id: string; place: Place }) {
  const { t } = useI18n();
  const { message } = App.useApp();
  const review = useQuery({ queryKey: ["campaigns", "review", id], queryFn: () => readReview(id) });
  if (review.isPending) return <Loading />;
  if (review.isError) return <Failed error={review.error} retry={() => review.refetch()} />;
  const { numbers, terms, verdict, gates, why, closed_at: closedAt } = review.data;
  const asJson = () =>
    saveFile(`${id}.json`, new Blob([JSON.stringify(review.data, null, 2)], { type: "application/json" }));
  const asCsv = async () => {
    try {
      saveFile(`${id}.csv`, await exportReview(id));
    } catch (error) {
      message.error(problemText(error, t));
    }
  };
  return (
    <div className="stack">
      <Panel
        title={t("campaigns.tab.review")}
        label={t("campaigns.tab.review")}
        tools={
          <div className="panel-tools">
            <Button size="small" onClick={asCsv}>
              CSV
            </Button>
            <Button size="small" onClick={asJson}>
              JSON
            </Button>
          </div>
        }
      >
        <div className="panel-body stack">
          <p className="verdict">{verdict[place.language]}</p>
          <p className="faint">
            {t("campaigns.closedAt", { at: place.format.dateTime(closedAt), why: t(`campaigns.why.${why}`) })}
          </p>
        </div>
      </Panel>
      <Numbers numbers={numbers} terms={terms} place={place} />
      <Panel title={t("campaigns.part.gates")} label={t("campaigns.part.gates")}>
        <div className="panel-body">
          <Gates gates={gates} place={place} />
        </div>
      </Panel>
    </div>
  );
}
