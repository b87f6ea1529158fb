import { useQuery } from "@tanstack/react-query";
import { answered, api } from "./client";
import { PRECISION } from "./keys";

/** How many finds of each model the field confirmed. Counted anew at each asking, so not asked often. */
export function usePrecision() {
  return useQuery({ queryKey: [PRECISION], queryFn: () => answered(api.GET("/api/figures/precision")), staleTime: 10 * 60_000 });
}
