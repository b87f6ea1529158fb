import { type InfiniteData, useQuery, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "./client";
import { ORDER } from "./keys";
import type { WorkOrders } from "./types";
import { ordersKey, TODO } from "./useWorkOrders";

/** A work order; one that a crew has to do is known from its list at once, and as long as there is no network. */
export function useWorkOrder(id: string) {
  const queries = useQueryClient();
  return useQuery({
    queryKey: [ORDER, id],
    queryFn: () => answered(api.GET("/api/work-orders/{id}", { params: { path: { id } } })),
    initialData: () =>
      queries.getQueryData<InfiniteData<WorkOrders>>(ordersKey(TODO))?.pages.flatMap(({ items }) => items).find((one) => one.id === id),
    initialDataUpdatedAt: () => queries.getQueryState(ordersKey(TODO))?.dataUpdatedAt,
    staleTime: 0,
  });
}
