import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { askingAfresh } from "./askAfresh";
import { LIVE_KEYS, ME } from "./keys";

const GATHER_MS = 300;
const AGAIN_MS = 5_000;
const CHANGES = ["hello", "case", "work_order", "traverse"] as const;

/**
 * Asks again for what is on the page whenever the server says that something changed, and says whether that wire is up.
 * Changes that come within 300 ms are one. After a break everything is asked again, since what was missed is unknown.
 * A wire that the browser gave up (the session ended, or the server refused) is tried again every 5 s. Who sees no cases
 * has no wire: `wanted` is false.
 */
export function useLiveUpdates(wanted: boolean): boolean {
  const queries = useQueryClient();
  const [live, setLive] = useState(false);

  useEffect(() => {
    if (!wanted) return undefined;
    let gathering: ReturnType<typeof setTimeout> | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    let wire: EventSource;
    const asking = LIVE_KEYS.map((key) => askingAfresh(queries, key));
    const refresh = () => {
      gathering ??= setTimeout(() => {
        gathering = undefined;
        for (const ask of asking) void ask();
      }, GATHER_MS);
    };
    const listen = () => {
      wire = new EventSource("/api/events");
      wire.onopen = () => setLive(true);
      wire.onerror = () => {
        setLive(false);
        if (wire.readyState !== EventSource.CLOSED) return;
        void queries.invalidateQueries({ queryKey: [ME] });
        again = setTimeout(listen, AGAIN_MS);
      };
      for (const change of CHANGES) wire.addEventListener(change, refresh);
    };
    listen();
    return () => {
      clearTimeout(gathering);
      clearTimeout(again);
      wire.close();
    };
  }, [queries, wanted]);

  return live;
}
