/** Follows the program's event stream, and catches up on what it missed whenever the stream was cut. */
import { useCallback, useEffect, useRef, useState } from "react";
import { recentEvents } from "../api/calls";
import { ApiError, urlOf } from "../api/client";
import type { LiveEvent } from "../api/types";
import { merge, rateSeconds, shownLimit } from "./feed";

export type Connection = "connecting" | "open" | "lost";

/** Redrawing for every single event would stop the page at a few hundred a second. */
const redrawMs = 150;
const reopenMs = 3_000;

export interface LiveEvents {
  events: LiveEvent[];
  connection: Connection;
  paused: boolean;
  setPaused: (paused: boolean) => void;
  /** Events that arrived while paused. */
  waiting: number;
  counts: ReadonlyMap<number, number>;
  since: number;
  /** Events the program left out because more arrived than this page could take. */
  skipped: number;
  clear: () => void;
}

export function useLiveEvents(): LiveEvents {
  const [events, setEvents] = useState<LiveEvent[]>([]);
  const [connection, setConnection] = useState<Connection>("connecting");
  const [paused, setPausedState] = useState(false);
  const [waiting, setWaiting] = useState(0);
  const [skipped, setSkipped] = useState(0);
  const [since] = useState(() => Date.now());
  const held = useRef<LiveEvent[]>([]);
  const arrivedWhilePaused = useRef(0);
  const isPaused = useRef(false);
  const counts = useRef(new Map<number, number>());
  const redraw = useRef<ReturnType<typeof setTimeout>>(undefined);

  const show = useCallback(() => {
    redraw.current = undefined;
    if (isPaused.current) return setWaiting(arrivedWhilePaused.current);
    const arrived = held.current;
    held.current = [];
    arrivedWhilePaused.current = 0;
    setWaiting(0);
    setEvents((shown) => merge(shown, arrived));
  }, []);

  const take = useCallback(
    (arrived: LiveEvent[]) => {
      // The stream sends oldest first; the list is newest first.
      held.current = [...arrived].reverse().concat(held.current).slice(0, shownLimit);
      redraw.current ??= setTimeout(show, redrawMs);
    },
    [show],
  );

  useEffect(() => {
    let stream: EventSource | undefined;
    let reopen: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const catchUp = () =>
      recentEvents(100).then(
        (answer) =>
          !ended && take(answer.events.toSorted((a, b) => Date.parse(a.received_at) - Date.parse(b.received_at))),
        (error: unknown) => {
          // Signed out: the gate shows the sign-in page. Anything else shows as a lost connection.
          if (!(error instanceof ApiError)) throw error;
        },
      );
    const open = () => {
      stream = new EventSource(urlOf("/api/v1/events/live"));
      stream.addEventListener("open", () => {
        setConnection("open");
        void catchUp();
      });
      stream.addEventListener("events", (message: MessageEvent<string>) => {
        const arrived = JSON.parse(message.data) as LiveEvent[];
        count(counts.current, arrived.length);
        if (isPaused.current) arrivedWhilePaused.current += arrived.length;
        take(arrived);
      });
      stream.addEventListener("skipped", (message: MessageEvent<string>) => {
        const { events: missed } = JSON.parse(message.data) as { events: number };
        count(counts.current, missed);
        setSkipped((before) => before + missed);
      });
      stream.addEventListener("error", () => {
        setConnection("lost");
        // A cut connection is reopened by the browser; a refusal is not, and may mean the session has ended.
        if (stream?.readyState !== EventSource.CLOSED || ended) return;
        void catchUp();
        reopen = setTimeout(open, reopenMs);
      });
    };
    void catchUp();
    open();
    return () => {
      ended = true;
      stream?.close();
      clearTimeout(reopen);
      clearTimeout(redraw.current);
      redraw.current = undefined;
    };
  }, [take]);

  const setPaused = useCallback(
    (next: boolean) => {
      isPaused.current = next;
      setPausedState(next);
      if (!next) show();
    },
    [show],
  );
  const clear = useCallback(() => {
    held.current = [];
    arrivedWhilePaused.current = 0;
    setWaiting(0);
    setSkipped(0);
    setEvents([]);
  }, []);

  return { events, connection, paused, setPaused, waiting, counts: counts.current, since, skipped, clear };
}

/** Adds events to the second they arrived in, and forgets seconds nobody looks at any more. */
function count(counts: Map<number, number>, arrived: number): void {
  const second = Math.floor(Date.now() / 1000);
  counts.set(second, (counts.get(second) ?? 0) + arrived);
  for (const old of counts.keys()) if (old < second - rateSeconds - 5) counts.delete(old);
}
