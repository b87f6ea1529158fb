import { useQuery } from "@tanstack/react-query";
import { answered, api } from "./client";
import { ASSESSMENT } from "./keys";

/** How work orders ended by week, grid and crew. Counted anew at each asking, so not asked often. */
export function useAssessment() {
  return useQuery({ queryKey: [ASSESSMENT], queryFn: () => answered(api.GET("/api/figures/assessment")), staleTime: 60_000 });
}
