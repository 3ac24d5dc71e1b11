/** How many carry a tag how strongly, as an ECharts option. Pure. */
import type { TagSpread } from "../api/types";
import type { Palette } from "../app/theme";
import type { ChartOption } from "../charts/Chart";
import { axisText, tip, tooltipBase, valueAxis } from "../charts/parts";
import type { Translate } from "../i18n/i18n";
import type { Format } from "../ui/format";

interface Words {
  spread: TagSpread;
  format: Format;
  palette: Palette;
  t: Translate;
}

export function weightsOption({ spread, format, palette, t }: Words): ChartOption {
  const range = (tenth: number) => `${(tenth / 10).toFixed(1)}–${((tenth + 1) / 10).toFixed(1)}`;
  return {
    animationDuration: 300,
    textStyle: { fontFamily: "inherit" },
    grid: { left: 4, right: 4, top: 16, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: {
      type: "category",
      data: spread.histogram.map((_, tenth) => range(tenth)),
      axisLine: { lineStyle: { color: palette.lineStrong } },
      axisTick: { show: false },
      axisLabel: { ...axisText(palette), hideOverlap: true },
    },
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const tenth = (Array.isArray(params) ? params[0]?.dataIndex : params.dataIndex) ?? 0;
        return tip(
          `${t("tag.weight")} ${range(tenth)}`,
          null,
          [[palette.vine, t("tag.people"), format.count(spread.histogram[tenth]), null]],
          palette,
        );
      },
    },
    yAxis: { ...valueAxis(palette), axisLabel: axisText(palette) },
    series: [
      {
        type: "bar",
        data: spread.histogram,
        itemStyle: { color: palette.vine, borderRadius: [4, 4, 0, 0] },
        barCategoryGap: "18%",
        cursor: "pointer",
      },
    ],
  };
}
