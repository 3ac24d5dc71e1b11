/** One ECharts instance, with only the parts the console draws with. */
import {
  BarChart,
  type BarSeriesOption,
  LineChart,
  type LineSeriesOption,
  SankeyChart,
  type SankeySeriesOption,
} from "echarts/charts";
import {
  GridComponent,
  type GridComponentOption,
  TooltipComponent,
  type TooltipComponentOption,
} from "echarts/components";
import { type ComposeOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";

use([LineChart, BarChart, SankeyChart, GridComponent, TooltipComponent, SVGRenderer]);

export type ChartOption = ComposeOption<
  LineSeriesOption | BarSeriesOption | SankeySeriesOption | GridComponentOption | TooltipComponentOption
>;

/** What was clicked: the place in a series, or what the chart's maker put there. */
export interface Picked {
  dataIndex: number;
  data: unknown;
}

interface Props {
  option: ChartOption;
  height: number;
  /** What the chart says, in words, for those who do not see it. */
  label: string;
  /** Called with what is clicked. Whatever a click leads to must be in the chart's table too: keys do not reach a chart. */
  onPick?: (picked: Picked) => void;
}

export default function Chart({ option, height, label, onPick }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof init>>(null);
  const pick = useRef(onPick);
  pick.current = onPick;
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const instance = init(element, null, { renderer: "svg" });
    chart.current = instance;
    instance.on("click", ({ dataIndex, data }) => pick.current?.({ dataIndex: dataIndex ?? 0, data }));
    const observer = new ResizeObserver(() => instance.resize());
    observer.observe(element);
    return () => {
      observer.disconnect();
      instance.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true });
  }, [option]);
  return <div ref={holder} role="img" aria-label={label} style={{ height }} />;
}
