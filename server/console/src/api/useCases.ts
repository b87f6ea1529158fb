import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { answered, api } from "./client";
import { CASES } from "./keys";
import type { State } from "./types";

const PAGE = 60;

export interface CaseFilter {
  /** Empty: every open state. */
  states: readonly State[];
  category: string | null;
  grid: string | null;
}

/** The queue, most worthy first, page by page. */
export function useCases({ states, category, grid }: CaseFilter) {
  return useInfiniteQuery({
    queryKey: [CASES, states, category, grid],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/api/cases", {
          params: {
            query: {
              limit: PAGE,
              ...(states.length > 0 && { state: [...states] }),
              ...(category !== null && { category }),
              ...(grid !== null && { grid }),
              ...(pageParam !== null && { cursor: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}
