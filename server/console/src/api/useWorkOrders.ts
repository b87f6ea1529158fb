import { useInfiniteQuery } from "@tanstack/react-query";
import { answered, api } from "./client";
import { ORDERS } from "./keys";
import type { State } from "./types";

const PAGE = 50;

export interface OrderFilter {
  states: readonly State[];
  /** Only one's own. */
  mine?: boolean;
  grid?: string | null;
  /** Only this person's. */
  assignee?: string | null;
  /** Only those whose deadline has passed. */
  overdue?: boolean;
  /** Only those of people who have left. */
  left?: boolean;
}

/** What a crew has to do. */
export const TODO: OrderFilter = { states: ["dispatched", "handling"], mine: true };

export function ordersKey({ states, mine = false, grid = null, assignee = null, overdue = false, left = false }: OrderFilter) {
  return [ORDERS, states, mine, grid, assignee, overdue, left];
}

/** Work orders of a filter, the most pressing first, page by page. */
export function useWorkOrders(filter: OrderFilter) {
  const { states, mine = false, grid = null, assignee = null, overdue = false, left = false } = filter;
  return useInfiniteQuery({
    queryKey: ordersKey(filter),
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/api/work-orders", {
          params: {
            query: {
              state: [...states], mine, overdue, left, ...(grid !== null && { grid }), ...(assignee !== null && { assignee }),
              limit: PAGE, cursor: pageParam,
            },
          },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next_cursor,
  });
}
