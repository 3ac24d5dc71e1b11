/** The buyers of one tenth, the most valuable first. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Drawer } from "antd";
import { Link } from "react-router";
import { listValueTenth } from "../api/calls";
import type { ValuedBuyer } from "../api/types";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import { PersonCell } from "../people/PersonCell";
import type { Place } from "../people/usePlace";
import type { Rule, Test } from "../segments/rule";
import { newSegmentPath } from "../segments/segment";
import { Failed, Loading } from "../ui/Page";

interface Props {
  question: { as_of: string | undefined; months: number };
  tenth: number | null;
  currency: string | null | undefined;
  place: Place;
  onClose: () => void;
}

export function TenthPeople({ question, tenth, currency, place, onClose }: Props) {
  const { t } = useI18n();
  return (
    <Drawer
      open={tenth !== null}
      title={tenth === null ? "" : t("clv.tenth", { number: tenth })}
      size={780}
      destroyOnHidden
      onClose={onClose}
      extra={
        tenth !== null && (
          <Link to={newSegmentPath(ofTenth(tenth), t("clv.tenth", { number: tenth }))}>{t("rfm.toSegment")}</Link>
        )
      }
    >
      {tenth !== null && <Members question={question} tenth={tenth} currency={currency} place={place} />}
    </Drawer>
  );
}

/** Buyers of a tenth as they are kept up from now on, by what they will be worth in the next twelve months. */
function ofTenth(tenth: number): Rule {
  const rank = (is: Test): Rule => ({ computed: { name: "lifetime_value_rank", is } });
  return { all: [rank({ gt: (10 - tenth) / 10 }), rank({ le: (11 - tenth) / 10 })] };
}

function Members({ question, tenth, currency, place }: Omit<Props, "onClose" | "tenth"> & { tenth: number }) {
  const { t } = useI18n();
  const list = useInfiniteQuery({
    queryKey: ["value", "members", tenth, question],
    queryFn: ({ pageParam }) => listValueTenth(tenth, { ...question, after: pageParam }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const members = list.data?.pages.flatMap((page) => page.members) ?? [];
  return (
    <div className="stack">
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
      {members.length > 0 && (
        <section className="panel" aria-label={t("people.list")}>
          <ValuedTable members={members} currency={currency} place={place} />
          <MorePages pages={list} />
        </section>
      )}
    </div>
  );
}

export function ValuedTable({
  members,
  currency,
  place,
}: {
  members: ValuedBuyer[];
  currency: string | null | undefined;
  place: Place;
}) {
  const { t } = useI18n();
  const { format } = place;
  return (
    <div className="people">
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("people.person")}</th>
            <th scope="col" className="people-figure">
              {t("clv.alive")}
            </th>
            <th scope="col" className="people-figure">
              {t("clv.purchases")}
            </th>
            <th scope="col" className="people-figure people-orders">
              {t("clv.perPurchase")}
            </th>
            <th scope="col" className="people-figure">
              {t("clv.worth")}
            </th>
          </tr>
        </thead>
        <tbody>
          {members.map((member) => (
            <tr key={member.person_id}>
              <th scope="row">
                <PersonCell personId={member.person_id} shopperKey={member.shopper_id} />
              </th>
              <td className="people-figure">{format.percent(member.alive)}</td>
              <td className="people-figure">{member.expected_purchases.toFixed(2)}</td>
              <td className="people-figure people-orders">{format.money(member.expected_spend_minor, currency)}</td>
              <td className="people-figure">{format.money(member.lifetime_value_minor, currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
