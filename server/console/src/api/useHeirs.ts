import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "./client";
import { CASE, CASES, FIGURES, HEIRS, MAP, ORDER, ORDERS } from "./keys";

const AGAIN_MS = 60_000;

/** To whom the work orders of people who have left would go now; asked each minute, since nothing tells of who leaves. */
export function useHeirs(wanted: boolean) {
  return useQuery({
    queryKey: [HEIRS],
    queryFn: async () => (await answered(api.GET("/api/work-orders/hand-over"))).items,
    enabled: wanted,
    refetchInterval: AGAIN_MS,
  });
}

/** Hands all of them over, each to whoever is on duty in its grid, and asks again for all that shows them. */
export function useHandOverAll() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answered(api.POST("/api/work-orders/hand-over")),
    onSettled: () => {
      for (const key of [HEIRS, ORDERS, ORDER, CASES, CASE, MAP, FIGURES]) void queries.invalidateQueries({ queryKey: [key] });
    },
  });
}
