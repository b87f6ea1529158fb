import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { GROUND, ME, REPORT_GRIDS, REPORTABLE, TAXONOMY } from "../api/keys";
import { ordersKey, TODO } from "../api/useWorkOrders";

/** What a crew has to do, what an inspector can report, and what the page needs to show it: answers of the server as they came, and no picture. */
const KEPT: readonly QueryKey[] = [[ME], [TAXONOMY], [GROUND], ordersKey(TODO), [REPORTABLE], [REPORT_GRIDS]];
const STORE = "at-hand";
const ENTRY = "./at-hand";
/** As long as a session lasts: nobody reads for longer what the server would no longer tell. */
const LIFE_MS = 12 * 3600_000;

interface Entry {
  key: QueryKey;
  data: unknown;
  at_ms: number;
}

/** Keeps on this phone what is known now. Without TLS a browser has no place for it, and nothing is kept. */
export async function keepAtHand(queries: QueryClient): Promise<void> {
  if (!("caches" in window)) return;
  const entries = KEPT.flatMap((key): Entry[] => {
    const state = queries.getQueryState(key);
    return state?.data === undefined ? [] : [{ key, data: state.data, at_ms: state.dataUpdatedAt }];
  });
  await (await caches.open(STORE)).put(ENTRY, Response.json(entries));
}

/** What was kept is known again, as old as it is: everything is asked anew as soon as it is looked at. */
export async function recallAtHand(queries: QueryClient, now_ms: number): Promise<void> {
  if (!("caches" in window)) return;
  const found = await caches.match(ENTRY, { cacheName: STORE });
  const entries: Entry[] = found === undefined ? [] : await found.json();
  if (entries.some(({ at_ms }) => now_ms - at_ms > LIFE_MS)) return forgetAtHand();
  for (const { key, data, at_ms } of entries) queries.setQueryData(key, data, { updatedAt: at_ms });
  await queries.invalidateQueries();
}

/** Of whoever signs out, or whose session has ended. */
export async function forgetAtHand(): Promise<void> {
  if ("caches" in window) await caches.delete(STORE);
}
