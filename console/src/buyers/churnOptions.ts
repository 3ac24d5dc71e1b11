/** The charts of churn, as ECharts options. Pure. */
import type { ChurnReport } from "../api/types";
import type { Palette } from "../app/theme";
import type { ChartOption } from "../charts/Chart";
import { axisText, categories, placeIn, tip, tooltipBase, valueAxis } from "../charts/parts";
import type { Translate } from "../i18n/i18n";
import type { Format } from "../ui/format";

interface Words {
  report: ChurnReport;
  format: Format;
  palette: Palette;
  t: Translate;
}

const tenths = Array.from({ length: 10 }, (_, place) => `${place * 10}–${(place + 1) * 10}%`);

/** Buyers by their risk. */
export function risksOption({ report, format, palette, t }: Words): ChartOption {
  return {
    ...categories(tenths, palette),
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const place = placeIn(params);
        const rows: [string, string, string, null][] = [
          [palette.apricot, t("buyers.buyers"), format.count(report.histogram[place]), null],
        ];
        return tip(`${t("churn.risk")} ${tenths[place] ?? ""}`, null, rows, palette);
      },
    },
    yAxis: { ...valueAxis(palette), axisLabel: axisText(palette) },
    series: [
      {
        type: "bar",
        data: report.histogram,
        itemStyle: { color: palette.apricot, borderRadius: [4, 4, 0, 0] },
        barCategoryGap: "18%",
      },
    ],
  };
}

/** The risk told, beside the share that churned, of buyers the model had not seen. */
export function calibrationOption({ report, format, palette, t }: Words): ChartOption {
  const bins = report.held_out.calibration;
  const bars = (name: string, colour: string, pick: (bin: (typeof bins)[number]) => number) => ({
    type: "bar" as const,
    name,
    data: bins.map((bin) => (bin.buyers === 0 ? null : pick(bin))),
    itemStyle: { color: colour, borderRadius: [3, 3, 0, 0] },
    barMaxWidth: 18,
  });
  return {
    ...categories(tenths, palette),
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const place = placeIn(params);
        const bin = bins[place];
        if (bin === undefined || bin.buyers === 0) return "";
        return tip(
          `${t("churn.risk")} ${tenths[place] ?? ""} · ${t("clv.persons", { count: format.count(bin.buyers) })}`,
          null,
          [
            [palette.sky, t("clv.predicted"), format.percent(bin.predicted), null],
            [palette.apricot, t("clv.actual"), format.percent(bin.observed), null],
          ],
          palette,
        );
      },
    },
    yAxis: {
      ...valueAxis(palette),
      minInterval: 0,
      max: 1,
      axisLabel: { ...axisText(palette), formatter: (value: number) => `${Math.round(value * 100)}%` },
    },
    series: [
      bars(t("clv.predicted"), palette.sky, (bin) => bin.predicted),
      bars(t("clv.actual"), palette.apricot, (bin) => bin.observed),
    ],
  };
}
