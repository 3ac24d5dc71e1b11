/** All plays, and every group, bargain, invitation and lottery in flight. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { Link, useNavigate } from "react-router";
import { listPlays, type PlayView } from "../api/plays";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import { type Place, usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { PlusOutlined } from "../ui/icons";
import { Failed, Loading, Page } from "../ui/Page";
import { Assists } from "./Assists";
import { Bargains } from "./Bargains";
import { Groups } from "./Groups";
import { Lotteries } from "./Lotteries";
import { playPath, productOf, rulesText, stateOf } from "./plays";
import "../people/people.css";
import "../segments/segments.css";
import "../offers/offers.css";

export default function PlaysPage() {
  const { t } = useI18n();
  const navigate = useNavigate();
  const place = usePlace();
  const mayChange = useMay("operator");
  const list = useInfiniteQuery({
    queryKey: ["plays", "list"],
    queryFn: ({ pageParam }) => listPlays({ limit: 100, after: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const plays = list.data?.pages.flatMap((page) => page.plays) ?? [];
  return (
    <Page
      title={t("nav.plays")}
      about={t("plays.about")}
      tools={
        mayChange && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => navigate("/plays/new")}>
            {t("plays.create")}
          </Button>
        )
      }
    >
      {list.isPending && <Loading />}
      {list.isError && <Failed error={list.error} retry={() => list.refetch()} />}
      {list.isSuccess && plays.length === 0 && (
        <div className="panel empty">
          <h2>{t("plays.none")}</h2>
          <p>{t("plays.noneText")}</p>
        </div>
      )}
      {plays.length > 0 && (
        <div className="stack">
          <section className="panel people" aria-label={t("nav.plays")}>
            <table className="people-table">
              <thead>
                <tr>
                  <th scope="col">{t("offers.name")}</th>
                  <th scope="col">{t("offers.status")}</th>
                  <th scope="col">{t("offers.product")}</th>
                </tr>
              </thead>
              <tbody>
                {plays.map((play) => (
                  <Row key={play.play_id} play={play} place={place} />
                ))}
              </tbody>
            </table>
            <MorePages pages={list} />
          </section>
          <h2>{t("plays.inFlight")}</h2>
          <Groups play={null} inFlight place={place} />
          <h2>{t("plays.bargainsInFlight")}</h2>
          <Bargains play={null} inFlight place={place} />
          <h2>{t("assists.inFlight")}</h2>
          <Assists play={null} inFlight place={place} />
          <h2>{t("plays.lotteriesInFlight")}</h2>
          <Lotteries play={null} inFlight place={place} />
        </div>
      )}
    </Page>
  );
}

function Row({ play, place }: { play: PlayView; place: Place }) {
  const { t } = useI18n();
  const { state, tone } = stateOf(play);
  return (
    <tr data-play={play.play_id}>
      <th scope="row">
        <div className="person-names segment-name">
          <Link to={playPath(play.play_id)}>{play.terms.name}</Link>
          <small>{rulesText(play.terms, place, t)}</small>
        </div>
      </th>
      <td>
        <span className={`pill ${tone}`}>{t(`offers.state.${state}`)}</span>
      </td>
      <td className="mono">{productOf(play.terms)}</td>
    </tr>
  );
}
