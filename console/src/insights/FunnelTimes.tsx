/** How long it took from the first step to a chosen one. */
import { Select } from "antd";
import { useMemo, useState } from "react";
import type { FunnelAnswer } from "../api/types";
import { useTheme } from "../app/theme";
import { ChartPanel } from "../charts/ChartPanel";
import { useI18n } from "../i18n/i18n";
import { wordFor } from "../people/person";
import { usePlace } from "../people/usePlace";
import { durationText } from "./figures";
import { timesOption } from "./options";

export function FunnelTimes({ answer }: { answer: FunnelAnswer }) {
  const { t } = useI18n();
  const { format, tag } = usePlace();
  const { palette } = useTheme();
  const [chosen, choose] = useState<number | null>(null);
  const last = answer.steps.length - 1;
  const place = chosen === null || chosen > last ? last : chosen;
  const times = answer.steps[place]?.times;
  const names = useMemo(() => {
    const { bounds_s: bounds } = answer;
    const within = bounds.map((bound) => t("funnelling.upTo", { time: durationText(bound, tag) }));
    return [...within, t("funnelling.over", { time: durationText(bounds.at(-1), tag) })];
  }, [answer, t, tag]);
  const option = useMemo(
    () => timesOption({ names, times: times ?? [], format, palette, t }),
    [names, times, format, palette, t],
  );
  const all = Math.max(
    1,
    (times ?? []).reduce((sum, count) => sum + count, 0),
  );
  return (
    <ChartPanel
      title={t("funnelling.times")}
      label={t("funnelling.timesChart")}
      option={option}
      height={220}
      minWidth={520}
      head={[t("funnelling.time"), t("funnelling.shoppers"), t("pathing.share")]}
      rows={names.map((name, at) => ({
        key: name,
        name,
        cells: [format.count(times?.[at]), format.percent((times?.[at] ?? 0) / all)],
      }))}
      tools={
        <Select
          size="small"
          aria-label={t("funnelling.timesOf")}
          value={place}
          popupMatchSelectWidth={false}
          options={answer.steps.slice(1).map((step, before) => ({
            value: before + 1,
            label: `${before + 2} ${step.events.map((name) => wordFor(t, "event", name)).join(t("list.separator"))}`,
          }))}
          onChange={choose}
        />
      }
    />
  );
}
