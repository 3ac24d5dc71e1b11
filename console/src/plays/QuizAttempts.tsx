/** How a quiz goes: which questions are answered right, and what shoppers attempted, the latest first. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { listQuizAttempts, showQuiz } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import type { Place } from "../people/usePlace";
import { Failed, Loading } from "../ui/Page";

interface Props {
  play: string;
  place: Place;
}

export function QuizAttempts({ play, place }: Props) {
  const { t } = useI18n();
  const results = useQuery({
    queryKey: ["plays", "quiz", play],
    queryFn: () => showQuiz(play),
    refetchInterval: 5_000,
  });
  if (results.isPending) return <Loading />;
  if (results.isError) return <Failed error={results.error} retry={() => results.refetch()} />;
  const { attempts, answered, shoppers, rewarded, questions } = results.data;
  if (attempts === 0) return <p className="faint">{t("quizzes.noAttempts")}</p>;
  const count = place.format.count;
  return (
    <>
      <section className="panel people" aria-label={t("quizzes.questions")}>
        <p className="faint">
          {t("quizzes.sums", {
            attempts: count(attempts),
            shoppers: count(shoppers),
            answered: count(answered),
            rewarded: count(rewarded),
          })}
        </p>
        <table className="people-table">
          <thead>
            <tr>
              <th scope="col">{t("quizzes.text")}</th>
              <th scope="col" className="people-figure">
                {t("quizzes.asked")}
              </th>
              <th scope="col" className="people-figure">
                {t("quizzes.answeredRight")}
              </th>
            </tr>
          </thead>
          <tbody>
            {questions.map((one) => (
              <tr key={one.question_id}>
                <th scope="row">{one.text}</th>
                <td className="people-figure">{count(one.asked)}</td>
                <td className="people-figure">
                  {count(one.correct)} {one.asked > 0 && `(${place.format.percent(one.correct / one.asked)})`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <Attempts play={play} place={place} />
    </>
  );
}

function Attempts({ play, place }: Props) {
  const { t } = useI18n();
  const list = useInfiniteQuery({
    queryKey: ["plays", "quiz-attempts", play],
    queryFn: ({ pageParam }) => listQuizAttempts(play, { limit: 50, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 5_000,
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const count = place.format.count;
  return (
    <section className="panel people" aria-label={t("quizzes.attempts")}>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("plays.shopper")}</th>
            <th scope="col">{t("quizzes.beganAt")}</th>
            <th scope="col">{t("votes.state")}</th>
            <th scope="col" className="people-figure">
              {t("quizzes.answeredRight")}
            </th>
            <th scope="col">{t("quizzes.earned")}</th>
          </tr>
        </thead>
        <tbody>
          {list.data.pages
            .flatMap((page) => page.attempts)
            .map((one) => (
              <tr key={one.attempt_id}>
                <th scope="row">{one.shopper_id}</th>
                <td>{place.format.dateTime(one.began_at)}</td>
                <td>
                  {t(`quizzes.state.${one.state}`)}{" "}
                  {one.promised.length === 0 && <span className="faint">{t("quizzes.practice")}</span>}
                </td>
                <td className="people-figure">
                  {one.correct == null ? "–" : `${count(one.correct)}/${count(one.questions.length)}`}
                </td>
                <td>
                  {one.reward == null ? (
                    "–"
                  ) : (
                    <span className="pill status-live">
                      {one.reward.kind === "points"
                        ? t("tasks.points", { points: count(one.reward.points) })
                        : one.reward.offer_id}
                    </span>
                  )}
                </td>
              </tr>
            ))}
        </tbody>
      </table>
      <MorePages pages={list} />
    </section>
  );
}
