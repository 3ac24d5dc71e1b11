/** The shop's people: who was here last, who answers to some words, and whose identity somebody should look at. */
import { useQuery } from "@tanstack/react-query";
import { Badge, Tabs } from "antd";
import { useSearchParams } from "react-router";
import { listReviews } from "../api/calls";
import { useI18n } from "../i18n/i18n";
import { Page } from "../ui/Page";
import { PeopleList } from "./PeopleList";
import { Review } from "./Review";
import "./people.css";

export default function PeoplePage() {
  const { t } = useI18n();
  const [params, setParams] = useSearchParams();
  const reviews = useQuery({ queryKey: ["identity", "reviews"], queryFn: listReviews, refetchInterval: 10_000 });
  const held = reviews.data?.total ?? 0;
  return (
    <Page title={t("nav.people")} about={t("people.about")}>
      <Tabs
        activeKey={params.get("tab") === "review" ? "review" : "list"}
        destroyOnHidden
        onChange={(tab) => setParams(tab === "review" ? { tab } : {}, { replace: true })}
        items={[
          { key: "list", label: t("people.list"), children: <PeopleList /> },
          {
            key: "review",
            label: (
              <span className="people-tab">
                {t("review.title")}
                {held > 0 && <Badge count={held} size="small" color="var(--apricot)" title={t("review.held")} />}
              </span>
            ),
            children: <Review />,
          },
        ]}
      />
    </Page>
  );
}
