/** The treated against the held out: each figure, its difference, and the interval it lies in, against nothing. */
import { Alert } from "antd";
import type { CampaignInterval, CampaignNumbers } from "../api/campaigns";
import { useI18n } from "../i18n/i18n";
import type { Place } from "../people/usePlace";
import { Panel } from "../ui/Page";

export function Lift({ numbers, place }: { numbers: CampaignNumbers; place: Place }) {
  const { t } = useI18n();
  const { lift, currency } = numbers;
  const { format } = place;
  const money = (minor: number) => format.money(minor, currency);
  const points = (share: number) => format.percent(share);
  const each = (count: number, people: number) => (people === 0 ? 0 : count / people);
  const decimals = (value: number) => value.toLocaleString(place.tag, { maximumFractionDigits: 3 });
  const { treated, held_out: heldOut } = lift;
  const rows = [
    {
      name: "revenue",
      of: treated.revenue_per_person,
      base: heldOut.revenue_per_person,
      shown: money,
      found: lift.revenue_per_person,
    },
    { name: "conversion", of: treated.conversion, base: heldOut.conversion, shown: points, found: lift.conversion },
    {
      name: "orders",
      of: each(treated.orders, treated.people),
      base: each(heldOut.orders, heldOut.people),
      shown: decimals,
      found: lift.orders_per_person,
    },
  ] as const;
  const title = t("campaigns.lift");
  return (
    <Panel title={title} label={title}>
      <div className="panel-body stack">
        {lift.too_early != null && <Alert type="info" showIcon title={lift.too_early[place.language]} />}
        {lift.uneven != null && <Alert type="warning" showIcon title={lift.uneven[place.language]} />}
        <table className="people-table lift-table">
          <thead>
            <tr>
              <th scope="col">{t("campaigns.figure")}</th>
              <th scope="col" className="people-figure">
                {t("campaigns.treated", { people: format.count(treated.people) })}
              </th>
              <th scope="col" className="people-figure">
                {t("campaigns.heldOut", { people: format.count(heldOut.people) })}
              </th>
              <th scope="col">{t("campaigns.difference")}</th>
              <th scope="col">{t("campaigns.interval")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, of, base, shown, found }) => (
              <tr key={name} data-lift={name}>
                <th scope="row">{t(`campaigns.lift.${name}`)}</th>
                <td className="people-figure">{shown(of)}</td>
                <td className="people-figure">{shown(base)}</td>
                <td>{found == null ? "—" : signed(found.estimate, shown)}</td>
                <td>
                  {found == null ? (
                    <span className="faint">{t("campaigns.notYet")}</span>
                  ) : (
                    <Interval found={found} shown={(value) => signed(value, shown)} />
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <p className="faint">{t("campaigns.liftAbout")}</p>
      </div>
    </Panel>
  );
}

const signed = (value: number, shown: (value: number) => string) => (value > 0 ? `+${shown(value)}` : shown(value));

/** An interval as a line with its estimate, and nothing as a broken line: where it crosses, chance may be all there is. */
function Interval({ found, shown }: { found: CampaignInterval; shown: (value: number) => string }) {
  const low = Math.min(found.low, 0);
  const high = Math.max(found.high, 0);
  const room = (high - low) * 0.08 || 1;
  const x = (value: number) => (100 * (value - low + room)) / (high - low + 2 * room);
  const words = `${shown(found.low)} … ${shown(found.high)}`;
  return (
    <>
      <svg
        className={`lift-interval ${found.low > 0 || found.high < 0 ? "" : "unsure"}`}
        viewBox="0 0 100 34"
        preserveAspectRatio="none"
        role="img"
        aria-label={words}
      >
        <line className="zero" x1={x(0)} x2={x(0)} y1={2} y2={32} vectorEffect="non-scaling-stroke" />
        <line
          className="range"
          x1={x(found.low)}
          x2={x(found.high)}
          y1={17}
          y2={17}
          vectorEffect="non-scaling-stroke"
        />
        <rect className="point" x={x(found.estimate) - 0.7} y={10} width={1.4} height={14} />
      </svg>
      <small className="faint">{words}</small>
    </>
  );
}
