/** Tasks that shoppers took on, the latest first, and how they stand. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { type Gift, listTasks } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import type { Place } from "../people/usePlace";
import { Failed, Loading } from "../ui/Page";

export function TaskRuns({ play, place }: { play: string; place: Place }) {
  const { t } = useI18n();
  const list = useInfiniteQuery({
    queryKey: ["plays", "tasks", play],
    queryFn: ({ pageParam }) => listTasks(play, { limit: 50, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 5_000,
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const runs = list.data.pages.flatMap((page) => page.runs);
  if (runs.length === 0) return <p className="faint">{t("tasks.noRuns")}</p>;
  const count = place.format.count;
  const gift = (reward: Gift | null | undefined, given: boolean) => {
    if (reward == null || !given) return null;
    const text = reward.kind === "points" ? t("tasks.points", { points: count(reward.points) }) : reward.offer_id;
    return <span className="pill status-live">{text}</span>;
  };
  return (
    <section className="panel people" aria-label={t("tasks.runs")}>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("plays.shopper")}</th>
            <th scope="col">{t("plays.day")}</th>
            <th scope="col">{t("tasks.steps")}</th>
            <th scope="col">{t("tasks.completedAt")}</th>
            <th scope="col">{t("plays.closesAt")}</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={`${run.shopper_id}/${run.day}`}>
              <th scope="row">{run.shopper_id}</th>
              <td>{run.day ?? "–"}</td>
              <td>
                {run.steps.map((step) => (
                  <div key={step.step_id}>
                    {step.name} {count(step.done)}/{count(step.of)} {gift(step.reward, step.given)}
                  </div>
                ))}
              </td>
              <td>
                {run.completed_at == null ? "–" : place.format.dateTime(run.completed_at)} {gift(run.reward, run.given)}
              </td>
              <td>{place.format.dateTime(run.closes_at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <MorePages pages={list} />
    </section>
  );
}
