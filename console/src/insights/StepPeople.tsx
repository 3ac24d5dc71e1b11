/** Who got to a step and no further; at the last, who took them all. */
import { useI18n } from "../i18n/i18n";
import type { DateRange } from "../overview/range";
import { Behind } from "./Behind";
import { type FunnelAsked, funnelBody } from "./question";

interface Props {
  asked: FunnelAsked;
  view: DateRange;
  /** Which step, counted from 1; none while the drawer is closed. */
  at: number | null;
  onClose: () => void;
}

export function StepPeople({ asked, view, at, onClose }: Props) {
  const { t } = useI18n();
  const number = at ?? 0;
  const title =
    number === asked.steps.length
      ? t("funnelling.peopleCompleted", { number })
      : t("funnelling.peopleStopped", { number });
  return (
    <Behind
      open={at !== null}
      title={title}
      of={{ funnel: { question: funnelBody(asked, view), step: number, dropped: true } }}
      onClose={onClose}
    />
  );
}
