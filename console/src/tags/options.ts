/** How many carry a tag how strongly, as an ECharts option. Pure. */
import type { TagSpread } from "../api/types";
import type { Palette } from "../app/theme";
import type { ChartOption } from "../charts/Chart";
import { axisText, categories, placeIn, tip, tooltipBase, valueAxis } from "../charts/parts";
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
    ...categories(
      spread.histogram.map((_, tenth) => range(tenth)),
      palette,
    ),
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const tenth = placeIn(params);
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
