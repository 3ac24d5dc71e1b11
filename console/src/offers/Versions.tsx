/** What an offer was, and what was found whenever it was published. */
import { useQuery } from "@tanstack/react-query";
import { Collapse } from "antd";
import { listOfferVersions } from "../api/act";
import { useI18n } from "../i18n/i18n";
import type { Place } from "../people/usePlace";
import { Failed, Loading } from "../ui/Page";
import { Gates } from "./Gates";
import { benefitText } from "./terms";

interface Props {
  id: string;
  published: number | null;
  currency: string;
  place: Place;
}

export function Versions({ id, published, currency, place }: Props) {
  const { t } = useI18n();
  const { format } = place;
  const list = useQuery({ queryKey: ["offers", id, "versions"], queryFn: () => listOfferVersions(id) });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Failed error={list.error} retry={() => list.refetch()} />;
  return (
    <div className="stack">
      {list.data.versions.map((version) => (
        <section key={version.version} className="panel" aria-label={t("offers.version", { version: version.version })}>
          <header className="panel-head">
            <h2>
              {t("offers.version", { version: version.version })}{" "}
              {version.version === published && <span className="pill status-live">{t("offers.state.live")}</span>}
            </h2>
            <span className="faint">{format.dateTime(version.made_at)}</span>
          </header>
          <div className="panel-body stack">
            <p>{benefitText(version.terms.benefit, { t, format, currency })}</p>
            {version.publications.map((one) => (
              <div key={one.published_at}>
                <p className="faint">
                  {t("offers.publishedAt", { at: format.dateTime(one.published_at), by: one.published_by })}
                </p>
                <Gates gates={one.gates} place={place} />
              </div>
            ))}
            <Collapse
              ghost
              items={[
                {
                  key: "json",
                  label: "JSON",
                  children: <pre className="mono rule-shown">{JSON.stringify(version.terms, null, 2)}</pre>,
                },
              ]}
            />
          </div>
        </section>
      ))}
    </div>
  );
}
