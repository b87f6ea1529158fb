import { QueryClient } from "@tanstack/react-query";
import { Problem } from "../api/problem";

/** The one copy of the server's state. Refusals are not tried again; a server that did not answer is, twice. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (failures, error) => failures < 2 && error instanceof Problem && (error.status === 0 || error.status >= 500),
    },
  },
});
