/** What is held until somebody looks: identifiers many people use, people too large to believe in; and the latest merges. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Popconfirm } from "antd";
import { useState } from "react";
import { listDecisions, listMerges, listReviews, readIdentity } from "../api/calls";
import type { IdentityReview, Identifier as Named } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { useMay } from "../session/session";
import { Failed, Loading, Panel } from "../ui/Page";
import { useNow } from "../ui/useNow";
import { Decisions, useDecide } from "./Decisions";
import { Evidence, Identifier } from "./Evidence";
import { Merges } from "./Merges";
import { type Place, usePlace } from "./usePlace";
import "./person.css";
import { MorePages } from "./MorePages";

export function Review() {
  const place = usePlace();
  return (
    <div className="person-board">
      <Held place={place} />
      <InForce place={place} />
      <LatestMerges place={place} />
    </div>
  );
}

function Held({ place }: { place: Place }) {
  const { t } = useI18n();
  const reviews = useQuery({ queryKey: ["identity", "reviews"], queryFn: listReviews });
  const title = t("review.held");
  return (
    <Panel label={title} title={title} tools={<span className="faint">{t("review.about")}</span>}>
      {reviews.isPending && <Loading />}
      {reviews.isError && <Failed error={reviews.error} retry={() => reviews.refetch()} />}
      {reviews.data && reviews.data.reviews.length === 0 && <p className="nothing">{t("review.none")}</p>}
      <ul className="entries">
        {reviews.data?.reviews.map((review) => (
          <HeldReview key={JSON.stringify([review.reason, review.identifier])} review={review} place={place} />
        ))}
      </ul>
      {reviews.data && reviews.data.total > reviews.data.reviews.length && (
        <p className="nothing">
          {t("review.more", { count: place.format.count(reviews.data.total - reviews.data.reviews.length) })}
        </p>
      )}
    </Panel>
  );
}

function HeldReview({ review, place }: { review: IdentityReview; place: Place }) {
  const { t } = useI18n();
  const now = useNow(10_000);
  const mayDecide = useMay("operator");
  const [open, setOpen] = useState(false);
  return (
    <li>
      <div className="entry-decided">
        <div>
          <p className="entry-line">
            <Identifier identifier={review.identifier} />
            <time className="faint" dateTime={review.found_at} title={place.format.dateTime(review.found_at)}>
              {place.format.relative(review.found_at, now)}
            </time>
          </p>
          <p>{t(`review.${review.reason}`, { count: place.format.count(review.size) })}</p>
        </div>
        <div className="entry-actions">
          <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? t("review.hideEvidence") : t("review.evidence")}
          </Button>
          {mayDecide && review.reason === "shared" && (
            <Decide
              identifier={review.identifier}
              decision="share"
              name={t("review.share")}
              title={t("review.shareTitle")}
              about={t("review.shareText")}
            />
          )}
          {mayDecide && (
            <Decide
              identifier={review.identifier}
              decision="allow"
              name={t("review.allow")}
              title={t("review.allowTitle")}
              about={t("review.allowText")}
            />
          )}
        </div>
      </div>
      {open && <EvidenceOf identifier={review.identifier} place={place} />}
    </li>
  );
}

interface DecideProps {
  identifier: Named;
  decision: "share" | "allow";
  name: string;
  title: string;
  about: string;
}

function Decide({ identifier, decision, name, title, about }: DecideProps) {
  const { t } = useI18n();
  const decide = useDecide(t("decisions.done"));
  return (
    <Popconfirm
      title={title}
      description={about}
      okText={name}
      onConfirm={() => decide.mutate({ decision, identifier })}
      styles={{ root: { maxWidth: 380 } }}
    >
      <Button size="small" loading={decide.isPending}>
        {name}
      </Button>
    </Popconfirm>
  );
}

function EvidenceOf({ identifier, place }: { identifier: Named; place: Place }) {
  const view = useQuery({
    queryKey: ["identity", "of", [identifier]],
    queryFn: () => readIdentity(identifier),
  });
  if (view.isPending) return <Loading />;
  if (view.isError) return <Failed error={view.error} retry={() => view.refetch()} />;
  return <Evidence evidence={view.data.evidence} place={place} link />;
}

function InForce({ place }: { place: Place }) {
  const { t } = useI18n();
  const decisions = useQuery({ queryKey: ["identity", "decisions"], queryFn: listDecisions });
  const title = t("decisions.title");
  return (
    <Panel label={title} title={title}>
      {decisions.isPending && <Loading />}
      {decisions.isError && <Failed error={decisions.error} retry={() => decisions.refetch()} />}
      {decisions.data && <Decisions decisions={decisions.data.decisions} place={place} />}
    </Panel>
  );
}

const pageSize = 20;

function LatestMerges({ place }: { place: Place }) {
  const { t } = useI18n();
  const pages = useInfiniteQuery({
    queryKey: ["identity", "merges", null],
    queryFn: ({ pageParam }) => listMerges({ limit: pageSize, ...(pageParam === null ? {} : { before: pageParam }) }),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next_before ?? undefined,
  });
  const title = t("merges.title");
  return (
    <Panel label={title} title={title} tools={<span className="faint">{t("merges.about")}</span>}>
      {pages.isPending && <Loading />}
      {pages.isError && <Failed error={pages.error} retry={() => pages.refetch()} />}
      {pages.data && <Merges merges={pages.data.pages.flatMap((page) => page.merges)} place={place} />}
      <MorePages pages={pages} />
    </Panel>
  );
}
