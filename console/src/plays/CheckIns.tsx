/** Check-ins of a play, the latest first. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { listCheckIns } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import type { Place } from "../people/usePlace";
import { Failed, Loading } from "../ui/Page";

export function CheckIns({ play, place }: { play: string; place: Place }) {
  const { t } = useI18n();
  const list = useInfiniteQuery({
    queryKey: ["plays", "check-ins", play],
    queryFn: ({ pageParam }) => listCheckIns(play, { limit: 50, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 5_000,
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const days = list.data.pages.flatMap((page) => page.check_ins);
  if (days.length === 0) return <p className="faint">{t("plays.noCheckIns")}</p>;
  return (
    <section className="panel people" aria-label={t("plays.checkIns")}>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("plays.shopper")}</th>
            <th scope="col">{t("plays.day")}</th>
            <th scope="col" className="people-figure">
              {t("plays.streak")}
            </th>
            <th scope="col" className="people-figure">
              {t("plays.gives.points")}
            </th>
            <th scope="col">{t("plays.checkedInAt")}</th>
          </tr>
        </thead>
        <tbody>
          {days.map((day) => (
            <tr key={`${day.shopper_id}/${day.day}`}>
              <th scope="row">{day.shopper_id}</th>
              <td>
                {day.day} {day.made_up && <span className="pill">{t("plays.madeUp")}</span>}
              </td>
              <td className="people-figure">{place.format.count(day.streak)}</td>
              <td className="people-figure">{place.format.count(day.points)}</td>
              <td>{place.format.dateTime(day.checked_in_at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <MorePages pages={list} />
    </section>
  );
}
