import type { QueryClient } from "@tanstack/react-query";

/**
 * What to call when something under this key has changed: asks again for what is on the page. What is under way then may
 * have been answered before the change, so it is waited for and asked for once more; it is never broken off, or where
 * changes come faster than answers there would never be one. Changes that come meanwhile are one.
 */
export function askingAfresh(queries: QueryClient, key: string): () => Promise<void> {
  let asking = false;
  let changed = false;
  return async () => {
    changed = true;
    if (asking) return;
    asking = true;
    while (changed) {
      const underWay = queries.getQueryCache().findAll({ queryKey: [key], fetchStatus: "fetching" });
      await Promise.allSettled(underWay.map((query) => query.promise));
      changed = false;
      await queries.invalidateQueries({ queryKey: [key] }, { cancelRefetch: false });
    }
    asking = false;
  };
}
