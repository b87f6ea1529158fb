import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "./client";
import { CASE, CASES, FIGURES, MAP, ORDER, ORDERS } from "./keys";

/** To whom the work orders of people who have left would go now; asked by those who may hand them over. */
export function useHeirs(wanted: boolean) {
  return useQuery({
    queryKey: [ORDERS, "heirs"],
    queryFn: async () => (await answered(api.GET("/api/work-orders/hand-over"))).items,
    enabled: wanted,
  });
}

/** Hands all of them over, each to whoever is on duty in its grid, and asks again for all that shows them. */
export function useHandOverAll() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answered(api.POST("/api/work-orders/hand-over")),
    onSettled: () => {
      for (const key of [ORDERS, ORDER, CASES, CASE, MAP, FIGURES]) void queries.invalidateQueries({ queryKey: [key] });
    },
  });
}
