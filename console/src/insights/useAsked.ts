/** The question in the page's address, and the days it is about. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { readShop, runSql } from "../api/calls";
import { type DateRange, dateIn, firstView, type ShopDays, type View, viewFromParams } from "../overview/range";
import { readInstant } from "../ui/format";
import type { Form } from "./question";

/** What is known of the shop's days, and which of them to show first; `initial` is null for a shop without events. */
export function useShopDays() {
  const shop = useQuery({ queryKey: ["shop"], queryFn: readShop });
  const { data } = shop;
  const known = useMemo(() => {
    if (data === undefined) return null;
    const date = (instant: string | null | undefined) =>
      instant == null ? null : dateIn(data.time_zone, readInstant(instant));
    const days: ShopDays = {
      first: date(data.first_event_at),
      last: date(data.last_event_at),
      today: dateIn(data.time_zone, new Date()),
    };
    return { days, initial: firstView(days.first, days.last, days.today) };
  }, [data]);
  return { shop, known };
}

export interface Asking<Asked> {
  asked: Asked;
  view: View;
  days: ShopDays;
  change: (next: Asked) => void;
  choose: (range: DateRange) => void;
}

export function useAsked<Asked>(form: Form<Asked>, initial: View, days: ShopDays): Asking<Asked> {
  const [params, setParams] = useSearchParams();
  const asked = useMemo(() => form.read(params), [form, params]);
  const view = useMemo(() => viewFromParams(params, initial), [params, initial]);
  const put = (next: Asked, range: [string, string][]) => setParams([...form.write(next), ...range], { replace: true });
  return {
    asked,
    view,
    days,
    change: (next) =>
      put(
        next,
        [...params].filter(([name]) => name === "from" || name === "to"),
      ),
    choose: ({ from, to }) =>
      put(asked, [
        ["from", from],
        ["to", to],
      ]),
  };
}

export interface KnownEvent {
  name: string;
  count: number;
}

const namesQuery = "SELECT event, count(*) FROM events GROUP BY 1 ORDER BY 2 DESC, 1";

/** Every event that ever happened, the most frequent first; `events` is undefined until they are known. */
export function useKnownEvents(): { events: KnownEvent[] | undefined; error: Error | null } {
  const names = useQuery({
    queryKey: ["insights", "events"],
    queryFn: ({ signal }) => runSql(namesQuery, 1_000, signal),
    staleTime: 60_000,
  });
  const events = useMemo(
    () => names.data?.rows.map(([name, count]) => ({ name: String(name), count: Number(count) })),
    [names.data],
  );
  return { events, error: names.error };
}
