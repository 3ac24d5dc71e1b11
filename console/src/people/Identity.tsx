/** Why these keys are taken to be one person, and what operators may say against it. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useState } from "react";
import { listMerges, readIdentity } from "../api/calls";
import { ApiError } from "../api/client";
import type { IdentityConflict, IdentityView, Identifier as Named, PersonDetail } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { useMay } from "../session/session";
import { CopyButton } from "../ui/CopyButton";
import { Failed, Loading, Panel } from "../ui/Page";
import { Decisions } from "./Decisions";
import { Evidence, Identifier } from "./Evidence";
import { Merges } from "./Merges";
import { MorePages } from "./MorePages";
import { byKind, kindText, shortValue } from "./person";
import { SeparateDialog } from "./SeparateDialog";
import type { Place } from "./usePlace";

interface Props {
  person: PersonDetail;
  shopperKey: string;
  place: Place;
}

export function IdentityTab({ person, shopperKey, place }: Props) {
  return (
    <div className="person-board">
      <Identifiers person={person} shopperKey={shopperKey} />
      <Why named={namesOf(person, shopperKey)} place={place} />
      <History personId={person.person_id} place={place} />
    </div>
  );
}

/** What to ask for the person by; who is known by one key only may be there by a user id or an anonymous id. */
function namesOf(person: PersonDetail, shopperKey: string): Named[] {
  const [best] = person.identifiers;
  if (best !== undefined) return [best];
  return ["anonymous_id", "user_id"].map((kind) => ({ kind, value: shopperKey }));
}

/** The first of these that was ever seen together with another; none if none was. */
async function readFirst(named: Named[]): Promise<IdentityView | null> {
  for (const identifier of named) {
    try {
      return await readIdentity(identifier);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }
  return null;
}

function Identifiers({ person, shopperKey }: { person: PersonDetail; shopperKey: string }) {
  const { t } = useI18n();
  const mayDecide = useMay("operator");
  const [separating, setSeparating] = useState(false);
  const { identifiers } = person;
  const title = t("identity.identifiers");
  return (
    <Panel
      label={title}
      title={title}
      tools={
        mayDecide &&
        identifiers.length > 1 && <Button onClick={() => setSeparating(true)}>{t("identity.separate")}</Button>
      }
    >
      {identifiers.length === 0 && (
        <p className="nothing">
          {t("identity.alone")} <code className="mono">{shopperKey}</code>
        </p>
      )}
      <dl className="identifiers">
        {byKind(identifiers).map(([kind, ofKind]) => (
          <div key={kind}>
            <dt>{kindText(kind, t)}</dt>
            {ofKind.map((identifier) => (
              <dd key={identifier.value}>
                <code className="mono" title={identifier.value}>
                  {shortValue(identifier)}
                </code>
                <CopyButton text={identifier.value} label={t("person.copy", { name: kindText(kind, t) })} />
                {identifier === identifiers[0] && (
                  <span className="pill" title={t("identity.namesHint")}>
                    {t("identity.names")}
                  </span>
                )}
              </dd>
            ))}
          </div>
        ))}
      </dl>
      <SeparateDialog open={separating} identifiers={identifiers} onClose={() => setSeparating(false)} />
    </Panel>
  );
}

/** The evidence on all the person's identifiers: asked for by the best of them, it is the same by any. */
function Why({ named, place }: { named: Named[]; place: Place }) {
  const { t } = useI18n();
  const view = useQuery({
    queryKey: ["identity", "of", named],
    queryFn: () => readFirst(named),
  });
  const title = t("identity.evidence");
  if (view.isPending)
    return (
      <Panel label={title} title={title}>
        <Loading />
      </Panel>
    );
  if (view.isError) return <Failed error={view.error} retry={() => view.refetch()} />;
  if (view.data === null)
    return (
      <Panel label={title} title={title}>
        <p className="nothing">{t("identity.noEvidence")}</p>
      </Panel>
    );
  const { aside, evidence, conflicts, reviews, decisions } = view.data;
  return (
    <>
      {aside != null && <Alert type="info" showIcon title={t(`aside.${aside}`)} />}
      {reviews.map((review) => (
        <Alert
          key={`${review.reason} ${review.identifier.kind} ${review.identifier.value}`}
          type="warning"
          showIcon
          title={t(`review.${review.reason}`, { count: place.format.count(review.size) })}
          description={<Identifier identifier={review.identifier} />}
        />
      ))}
      {decisions.length > 0 && (
        <Panel label={t("decisions.title")} title={t("decisions.title")}>
          <Decisions decisions={decisions} place={place} />
        </Panel>
      )}
      {conflicts != null && conflicts.length > 0 && <Conflicts conflicts={conflicts} />}
      <Panel label={title} title={title} tools={<span className="faint">{t("identity.evidenceAbout")}</span>}>
        <Evidence evidence={evidence} place={place} link={aside != null} />
      </Panel>
    </>
  );
}

function Conflicts({ conflicts }: { conflicts: IdentityConflict[] }) {
  const { t } = useI18n();
  const title = t("identity.conflicts");
  const why = (conflict: IdentityConflict) => {
    if (conflict.reason === "too_many")
      return t("conflict.too_many", { kind: kindText(conflict.kind, t), limit: conflict.limit });
    if (conflict.reason === "storm") return t("conflict.storm", { count: conflict.identifiers });
    return t("conflict.separated");
  };
  return (
    <Panel label={title} title={title} tools={<span className="faint">{t("identity.conflictsAbout")}</span>}>
      <ul className="entries">
        {conflicts.map((conflict) => (
          <li key={JSON.stringify([conflict.a, conflict.b])}>
            <p className="entry-line">
              <Identifier identifier={conflict.a} /> <span className="faint">≠</span>{" "}
              <Identifier identifier={conflict.b} />
            </p>
            <p className="faint">{why(conflict)}</p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const pageSize = 20;

function History({ personId, place }: { personId: string; place: Place }) {
  const { t } = useI18n();
  const pages = useInfiniteQuery({
    queryKey: ["identity", "merges", personId],
    queryFn: ({ pageParam }) =>
      listMerges({ person: personId, limit: pageSize, ...(pageParam === null ? {} : { before: pageParam }) }),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next_before ?? undefined,
  });
  const title = t("merges.ofPerson");
  return (
    <Panel label={title} title={title}>
      {pages.isPending && <Loading />}
      {pages.isError && <Failed error={pages.error} retry={() => pages.refetch()} />}
      {pages.data && (
        <Merges merges={pages.data.pages.flatMap((page) => page.merges)} personId={personId} place={place} />
      )}
      <MorePages pages={pages} />
    </Panel>
  );
}
