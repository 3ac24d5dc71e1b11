/** The buyers at a stage, or those of them who came from another. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Drawer } from "antd";
import { listStage } from "../api/calls";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import { PersonCell } from "../people/PersonCell";
import type { Place } from "../people/usePlace";
import { Failed, Loading } from "../ui/Page";

interface Props {
  question: { as_of: string | undefined; before: string | undefined };
  stage: string | null;
  from: string | null;
  /** What a stage is called. */
  name: (code: string) => string;
  place: Place;
  onClose: () => void;
}

export function StagePeople({ question, stage, from, name, place, onClose }: Props) {
  const { t } = useI18n();
  const title =
    stage === null
      ? ""
      : from === null
        ? name(stage)
        : from === stage
          ? t("lifecycle.stayedIn", { stage: name(stage) })
          : `${name(from)} → ${name(stage)}`;
  return (
    <Drawer open={stage !== null} title={title} size={780} destroyOnHidden onClose={onClose}>
      {stage !== null && <Members question={question} stage={stage} from={from} name={name} place={place} />}
    </Drawer>
  );
}

function Members({ question, stage, from, name, place }: Omit<Props, "onClose" | "stage"> & { stage: string }) {
  const { t } = useI18n();
  const { format } = place;
  const list = useInfiniteQuery({
    queryKey: ["lifecycle", "members", stage, from, question],
    queryFn: ({ pageParam }) => listStage(stage, { ...question, from: from ?? undefined, after: pageParam }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const members = list.data?.pages.flatMap((page) => page.members) ?? [];
  const first = list.data?.pages[0];
  return (
    <div className="stack">
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
      {first && (
        <p className="faint" role="status">
          {t("rfm.found", { count: format.count(first.buyers) })}
        </p>
      )}
      {members.length > 0 && (
        <section className="panel people" aria-label={t("people.list")}>
          <table className="people-table">
            <thead>
              <tr>
                <th scope="col">{t("people.person")}</th>
                <th scope="col">{t("lifecycle.from")}</th>
                <th scope="col">{t("value.last_order")}</th>
                <th scope="col" className="people-figure">
                  {t("figure.orders")}
                </th>
                <th scope="col" className="people-figure">
                  {t("people.spend")}
                </th>
              </tr>
            </thead>
            <tbody>
              {members.map((member) => (
                <tr key={member.person_id}>
                  <th scope="row">
                    <PersonCell personId={member.person_id} shopperKey={member.shopper_id} />
                  </th>
                  <td>{name(member.from ?? "none")}</td>
                  <td>{format.dateTime(member.last_order_at)}</td>
                  <td className="people-figure">{format.count(member.orders)}</td>
                  <td className="people-figure">{format.money(member.spend_minor, first?.currency)}</td>
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
