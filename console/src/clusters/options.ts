/** How well people part into so many clusters, as an ECharts option. Pure. */
import type { ClusterReport } from "../api/types";
import type { Palette } from "../app/theme";
import type { ChartOption } from "../charts/Chart";
import { axisText, categories, placeIn, tip, tooltipBase, valueAxis } from "../charts/parts";
import type { Translate } from "../i18n/i18n";

interface Words {
  tried: ClusterReport["tried"];
  chosen: number;
  palette: Palette;
  t: Translate;
}

export function silhouetteOption({ tried, chosen, palette, t }: Words): ChartOption {
  return {
    ...categories(
      tried.map(({ clusters }) => String(clusters)),
      palette,
    ),
    tooltip: {
      ...tooltipBase(palette),
      formatter: (params) => {
        const one = tried[placeIn(params)];
        if (one === undefined) return "";
        return tip(
          t("clusters.of", { number: one.clusters }),
          null,
          [[palette.vine, t("clusters.silhouette"), one.silhouette.toFixed(3), null]],
          palette,
        );
      },
    },
    yAxis: { ...valueAxis(palette), minInterval: 0, axisLabel: axisText(palette) },
    series: [
      {
        type: "bar",
        data: tried.map(({ clusters, silhouette }) => ({
          value: silhouette,
          itemStyle: { color: clusters === chosen ? palette.vine : palette.lineStrong },
        })),
        itemStyle: { borderRadius: [4, 4, 0, 0] },
        barMaxWidth: 46,
        cursor: "pointer",
      },
    ],
  };
}
