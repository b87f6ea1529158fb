import { useInfiniteQuery } from "@tanstack/react-query";
import { answered, api } from "./client";
import { ORDERS } from "./keys";
import type { State } from "./types";

const PAGE = 50;

/** Work orders in these states, the most pressing first, page by page. */
export function useWorkOrders(states: readonly State[], mine: boolean) {
  return useInfiniteQuery({
    queryKey: [ORDERS, states, mine],
    queryFn: ({ pageParam }) =>
      answered(api.GET("/api/work-orders", { params: { query: { state: [...states], mine, limit: PAGE, cursor: pageParam } } })),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next_cursor,
  });
}
