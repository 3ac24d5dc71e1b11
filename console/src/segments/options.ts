/** A segment's size over time, as an ECharts option. Pure. */
import type { SegmentHistory } from "../api/types";
import type { Palette } from "../app/theme";
import type { ChartOption } from "../charts/Chart";
import { axisText, categories, placeIn, tip, tooltipBase, valueAxis } from "../charts/parts";
import type { Translate } from "../i18n/i18n";
import type { Format } from "../ui/format";

interface Words {
  points: SegmentHistory["points"];
  per: "hour" | "day";
  format: Format;
  palette: Palette;
  t: Translate;
}

export function historyOption({ points, per, format, palette, t }: Words): ChartOption {
  const short = (start: string) =>
    per === "hour" ? format.time(start).slice(0, 5) : format.dateTime(start).split(",")[0];
  const bars = (name: string, colour: string, values: number[]) => ({
    type: "bar" as const,
    name,
    yAxisIndex: 1,
    stack: "moves",
    data: values,
    itemStyle: { color: colour },
    barMaxWidth: 18,
  });
  return {
    ...categories(
      points.map(({ start }) => short(start) ?? start),
      palette,
    ),
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const point = points[placeIn(params)];
        if (point === undefined) return "";
        return tip(
          format.dateTime(point.start),
          null,
          [
            [palette.vine, t("segments.people"), format.count(point.people), null],
            [palette.sky, t("segment.entered"), format.count(point.entered), null],
            [palette.apricot, t("segment.left"), format.count(point.left), null],
          ],
          palette,
        );
      },
    },
    yAxis: [
      { ...valueAxis(palette), axisLabel: axisText(palette) },
      { ...valueAxis(palette), splitLine: { show: false }, axisLabel: axisText(palette) },
    ],
    series: [
      bars(
        t("segment.entered"),
        palette.sky,
        points.map(({ entered }) => entered),
      ),
      bars(
        t("segment.left"),
        palette.apricot,
        points.map(({ left }) => -left),
      ),
      {
        type: "line",
        name: t("segments.people"),
        data: points.map(({ people }) => people),
        symbol: points.length > 20 ? "none" : "circle",
        symbolSize: 6,
        lineStyle: { color: palette.vine, width: 2 },
        itemStyle: { color: palette.vine },
        areaStyle: { color: palette.vine, opacity: 0.08 },
        z: 4,
      },
    ],
  };
}
