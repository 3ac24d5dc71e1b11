/** The Overview's charts, as ECharts options. Pure: figures and words in, options out. */
import type { Overview, SeriesPoint } from "../api/types";
import type { Palette } from "../app/theme";
import type { ChartOption } from "../charts/Chart";
import { axisText, categories, placeIn, tip, tooltipBase, valueAxis } from "../charts/parts";
import type { Translate } from "../i18n/i18n";
import type { Format } from "../ui/format";

export interface Drawing {
  overview: Overview;
  /** Whether a point's days can hold data at all; what cannot is a gap, not a zero. */
  known: (point: SeriesPoint) => boolean;
  /** Whether an interval is in the range from its first to its last day; one that is not is drawn paler. */
  whole: (point: SeriesPoint) => boolean;
  withPrevious: boolean;
  format: Format;
  palette: Palette;
  t: Translate;
}

export function revenueOption(drawing: Drawing): ChartOption {
  const { overview, known, withPrevious, format, palette, t } = drawing;
  const { series, previous_series: before, interval } = overview;
  const currency = overview.currency ?? null;
  const figures = <T>(point: SeriesPoint, value: T): T | null => (known(point) ? value : null);
  const dense = series.length > 45;
  return {
    ...base(drawing),
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const index = placeIn(params);
        const point = series[index];
        if (point === undefined) return "";
        const earlier = withPrevious ? before[index] : undefined;
        const rows: [string, string, string, string | null][] = [
          [
            palette.vine,
            t("figure.netRevenue"),
            format.money(point.net_revenue_minor, currency),
            earlier ? format.money(earlier.net_revenue_minor, currency) : null,
          ],
          [
            palette.apricot,
            t("figure.orders"),
            format.count(point.orders),
            earlier ? format.count(earlier.orders) : null,
          ],
        ];
        return tip(
          headingOf(drawing, point),
          earlier ? format.period(earlier.start, interval) : null,
          known(point) ? rows : rows.map(([colour, name]) => [colour, name, "—", null]),
          palette,
        );
      },
    },
    yAxis: [
      {
        ...valueAxis(palette),
        axisLabel: { ...axisText(palette), formatter: (value: number) => format.shortMoney(value, currency) },
      },
      {
        ...valueAxis(palette),
        splitLine: { show: false },
        axisLabel: { ...axisText(palette), formatter: (value: number) => format.shortCount(value) },
      },
    ],
    series: [
      {
        type: "bar",
        name: t("figure.netRevenue"),
        data: series.map((point) => bar(drawing, point, point.net_revenue_minor)),
        itemStyle: { color: palette.vine, borderRadius: dense ? 1 : [4, 4, 0, 0] },
        barMaxWidth: 46,
        barCategoryGap: dense ? "18%" : "36%",
      },
      ...(withPrevious
        ? [
            {
              type: "line" as const,
              name: t("overview.previous"),
              data: series.map((_, index) => before[index]?.net_revenue_minor ?? null),
              symbol: "none",
              lineStyle: { color: palette.textFaint, type: "dashed" as const, width: 1.6 },
              itemStyle: { color: palette.textFaint },
            },
          ]
        : []),
      {
        type: "line",
        name: t("figure.orders"),
        yAxisIndex: 1,
        data: series.map((point) => figures(point, point.orders)),
        symbol: "circle",
        symbolSize: series.length > 20 ? 0 : 6,
        lineStyle: { color: palette.apricot, width: 2 },
        itemStyle: { color: palette.apricot, borderColor: palette.surface, borderWidth: 1.5 },
        z: 4,
      },
    ],
  };
}

export function shoppersOption(drawing: Drawing): ChartOption {
  const { overview, format, palette, t } = drawing;
  const { series } = overview;
  const dense = series.length > 45;
  const stacked = (name: string, colour: string, pick: (point: SeriesPoint) => number, top: boolean) => ({
    type: "bar" as const,
    name,
    stack: "shoppers",
    data: series.map((point) => bar(drawing, point, pick(point))),
    itemStyle: { color: colour, borderRadius: top && !dense ? [4, 4, 0, 0] : 0 },
    barMaxWidth: 38,
    barCategoryGap: dense ? "18%" : "36%",
  });
  return {
    ...base(drawing),
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const index = placeIn(params);
        const point = series[index];
        if (point === undefined) return "";
        return tip(
          headingOf(drawing, point),
          null,
          [
            [palette.plum, t("figure.newShoppers"), format.count(point.new_shoppers), null],
            [palette.sky, t("figure.returningShoppers"), format.count(point.returning_shoppers), null],
          ],
          palette,
        );
      },
    },
    yAxis: {
      ...valueAxis(palette),
      axisLabel: { ...axisText(palette), formatter: (value: number) => format.shortCount(value) },
    },
    series: [
      stacked(t("figure.returningShoppers"), palette.sky, (point) => point.returning_shoppers, false),
      stacked(t("figure.newShoppers"), palette.plum, (point) => point.new_shoppers, true),
    ],
  };
}

/** A bar's value; unknown days are a gap, an incomplete interval is paler. */
function bar({ known, whole }: Drawing, point: SeriesPoint, value: number) {
  if (!known(point)) return null;
  return whole(point) ? value : { value, itemStyle: { opacity: 0.45 } };
}

function headingOf({ overview, whole, format, t }: Drawing, point: SeriesPoint): string {
  const period = format.period(point.start, overview.interval);
  return whole(point) ? period : t("overview.incomplete", { period });
}

function base({ overview, format, palette }: Drawing): ChartOption {
  return categories(
    overview.series.map((point) => format.period(point.start, overview.interval)),
    palette,
  );
}
