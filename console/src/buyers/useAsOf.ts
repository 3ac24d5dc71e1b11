/** As of which day buyers are looked at: today, or the last day of a history that ended long ago. */
import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { readShop } from "../api/calls";
import { dateIn, firstView } from "../overview/range";
import { readInstant } from "../ui/format";

export interface AsOf {
  /** The day that is shown. */
  day: string;
  /** What the API is asked; nothing for now. */
  asked: string | undefined;
  today: string;
  /** The day of the shop's first event. */
  first: string | null;
  choose: (day: string | null) => void;
}

/** `null` until the shop is known; `day` is `null` for a shop without events. */
export function useAsOf(): AsOf | null {
  const shop = useQuery({ queryKey: ["shop"], queryFn: readShop });
  const [params, setParams] = useSearchParams();
  if (shop.data === undefined) return null;
  const { time_zone, first_event_at, last_event_at } = shop.data;
  const date = (instant: string | null | undefined) =>
    instant == null ? null : dateIn(time_zone, readInstant(instant));
  const today = dateIn(time_zone, new Date());
  const first = date(first_event_at);
  const usual = firstView(first, date(last_event_at), today)?.to ?? today;
  const chosen = params.get("as_of");
  const day = chosen !== null && /^\d{4}-\d{2}-\d{2}$/.test(chosen) && chosen <= today ? chosen : usual;
  return {
    day,
    asked: day === today ? undefined : day,
    today,
    first,
    choose: (next) =>
      setParams(
        (old) => {
          const params = new URLSearchParams(old);
          if (next === null || next === usual) params.delete("as_of");
          else params.set("as_of", next);
          return params;
        },
        { replace: true },
      ),
  };
}
