/** Lotteries that were opened: what is left of each prize, the digest that fixes the draws, and the latest draws. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { type LotteryView, listDraws, listLotteries } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import type { Place } from "../people/usePlace";
import { Failed, Loading } from "../ui/Page";

interface Props {
  /** Those of this play; of all, if null. */
  play: string | null;
  inFlight: boolean;
  place: Place;
}

export function Lotteries({ play, inFlight, place }: Props) {
  const { t } = useI18n();
  const list = useQuery({
    queryKey: ["plays", "lotteries", play, inFlight],
    queryFn: () => listLotteries({ play_id: play, in_flight: inFlight ? "true" : "false", limit: 20 }),
    refetchInterval: 5_000,
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const { lotteries } = list.data;
  if (lotteries.length === 0)
    return <p className="faint">{t(inFlight ? "plays.noLotteryInFlight" : "plays.noLotteries")}</p>;
  return lotteries.map((lottery) => (
    <div className="stack" key={lottery.lottery_id} data-lottery={lottery.lottery_id}>
      <Prizes lottery={lottery} place={place} />
      {play !== null && <Draws lottery={lottery.lottery_id} place={place} />}
    </div>
  ));
}

function Prizes({ lottery, place }: { lottery: LotteryView; place: Place }) {
  const { t } = useI18n();
  const count = place.format.count;
  return (
    <>
      <p className="faint">
        {t(lottery.ended_at == null ? "plays.lotteryOpen" : "plays.lotteryEnded", {
          play: lottery.play_id,
          draws: count(lottery.draws),
          at: place.format.dateTime(lottery.ended_at ?? lottery.closes_at),
        })}{" "}
        {t("plays.commitment")} <span className="mono">{lottery.commitment}</span>
      </p>
      <section className="panel people" aria-label={lottery.lottery_id}>
        <table className="people-table">
          <thead>
            <tr>
              <th scope="col">{t("plays.prize")}</th>
              <th scope="col" className="people-figure">
                {t("plays.odds")}
              </th>
              <th scope="col" className="people-figure">
                {t("plays.left")}
              </th>
              <th scope="col" className="people-figure">
                {t("plays.won")}
              </th>
              <th scope="col" className="people-figure">
                {t("plays.claimed")}
              </th>
            </tr>
          </thead>
          <tbody>
            {lottery.prizes.map((prize) => (
              <tr key={prize.prize_id}>
                <th scope="row">{prize.name}</th>
                <td className="people-figure">{prize.odds / 10_000}%</td>
                <td className="people-figure">
                  {count(prize.left)} / {count(prize.stock)}
                </td>
                <td className="people-figure">{count(prize.won)}</td>
                <td className="people-figure">{prize.gives.kind === "goods" ? count(prize.claimed) : "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function Draws({ lottery, place }: { lottery: string; place: Place }) {
  const { t } = useI18n();
  const list = useInfiniteQuery({
    queryKey: ["plays", "draws", lottery],
    queryFn: ({ pageParam }) => listDraws({ lottery_id: lottery, limit: 50, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 5_000,
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  const draws = list.data.pages.flatMap((page) => page.draws);
  if (draws.length === 0) return <p className="faint">{t("plays.noDraws")}</p>;
  return (
    <section className="panel people" aria-label={t("plays.draws")}>
      <table className="people-table">
        <thead>
          <tr>
            <th scope="col">{t("plays.draw")}</th>
            <th scope="col">{t("plays.prize")}</th>
            <th scope="col" className="people-figure">
              {t("plays.number")}
            </th>
            <th scope="col">{t("plays.paidWith")}</th>
            <th scope="col">{t("plays.drawnAt")}</th>
          </tr>
        </thead>
        <tbody>
          {draws.map((draw) => (
            <tr key={draw.draw_id}>
              <th scope="row">
                <div className="person-names segment-name">
                  <span>{draw.shopper_id}</span>
                  <small className="mono">{draw.draw_id}</small>
                </div>
              </th>
              <td>{draw.prize?.name ?? t(draw.missed == null ? "plays.noPrize" : "plays.missed")}</td>
              <td className="people-figure">{String(draw.number).padStart(6, "0")}</td>
              <td>{t(`plays.paidWith.${draw.paid_with}`)}</td>
              <td>{place.format.dateTime(draw.drawn_at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <MorePages pages={list} />
    </section>
  );
}
