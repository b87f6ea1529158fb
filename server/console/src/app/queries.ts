import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ME } from "../api/keys";
import { isAway, Problem } from "../api/problem";

/** Whatever is refused since the session ended: to ask who is signed in leads to the sign-in page. */
function noticeEnd(error: Error): void {
  if (error instanceof Problem && error.status === 401) void queries.invalidateQueries({ queryKey: [ME] });
}

/**
 * The one copy of the server's state. Refusals are not tried again; a server that did not answer is, twice. What is asked
 * for without a network fails and is said, in place of standing still until there is one.
 */
export const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error, { queryKey }) => queryKey[0] !== ME && noticeEnd(error) }),
  mutationCache: new MutationCache({ onError: noticeEnd }),
  defaultOptions: {
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      refetchOnReconnect: true,
      staleTime: 15_000,
      retry: (failures, error) => failures < 2 && isAway(error),
    },
  },
});
