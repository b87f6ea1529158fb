import { useQuery } from "@tanstack/react-query";
import { answered, api } from "./client";
import { ORDER } from "./keys";

export function useWorkOrder(id: string) {
  return useQuery({
    queryKey: [ORDER, id],
    queryFn: () => answered(api.GET("/api/work-orders/{id}", { params: { path: { id } } })),
  });
}
