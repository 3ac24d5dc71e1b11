/** Where the shop's buyers stand: RFM, lifecycle and value, as of a day. */
import { DatePicker, Tabs } from "antd";
import dayjs from "dayjs";
import { useNavigate, useParams } from "react-router";
import { useI18n } from "../i18n/i18n";
import { type Place, usePlace } from "../people/usePlace";
import { Loading, Page } from "../ui/Page";
import { Churn } from "./Churn";
import { Lifecycle } from "./Lifecycle";
import { Rfm } from "./Rfm";
import { type AsOf, useAsOf } from "./useAsOf";
import { Value } from "./Value";
import "../charts/charts.css";
import "./buyers.css";

const views = ["rfm", "lifecycle", "value", "churn"] as const;

export default function BuyersPage() {
  const { t } = useI18n();
  const { view } = useParams();
  const navigate = useNavigate();
  const place = usePlace();
  const asOf = useAsOf();
  const asked = views.find((one) => one === view) ?? "rfm";
  return (
    <Page
      title={t("nav.buyers")}
      about={t("buyers.about")}
      tools={asOf !== null && asked !== "lifecycle" && <AsOfPicker asOf={asOf} />}
    >
      <Tabs
        activeKey={asked}
        destroyOnHidden
        onChange={(next) => navigate(`/buyers/${next}${dayOf(asOf)}`)}
        items={views.map((key) => ({
          key,
          label: t(`buyers.${key}`),
          children: asOf === null ? <Loading /> : <Content view={key} asOf={asOf} place={place} />,
        }))}
      />
    </Page>
  );
}

/** The day goes along from one view to the next. */
function dayOf(asOf: AsOf | null): string {
  const chosen = new URLSearchParams(window.location.search).get("as_of");
  return asOf === null || chosen === null ? "" : `?as_of=${chosen}`;
}

function Content({ view, asOf, place }: { view: (typeof views)[number]; asOf: AsOf; place: Place }) {
  if (view === "lifecycle") return <Lifecycle asOf={asOf} place={place} />;
  if (view === "value") return <Value asOf={asOf} place={place} />;
  if (view === "churn") return <Churn asOf={asOf} place={place} />;
  return <Rfm asOf={asOf} place={place} />;
}

function AsOfPicker({ asOf }: { asOf: AsOf }) {
  const { t } = useI18n();
  return (
    <DatePicker
      aria-label={t("buyers.asOf")}
      prefix={<span className="faint">{t("buyers.asOf")}</span>}
      allowClear={false}
      value={dayjs(asOf.day)}
      format={t("format.date")}
      maxDate={dayjs(asOf.today)}
      {...(asOf.first === null ? {} : { minDate: dayjs(asOf.first) })}
      onChange={(day) => asOf.choose(day === null ? null : day.format("YYYY-MM-DD"))}
    />
  );
}
