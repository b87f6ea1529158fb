import { type InfiniteData, type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "./client";
import { CASE, CASES, FIGURES, MAP, ORDER, ORDERS } from "./keys";
import type { WorkOrder, WorkOrders } from "./types";

export type WorkOrderStep = { id: string } & (
  | { step: "accept" | "approve" }
  | { step: "send_back"; reason: string }
);

function take(asked: WorkOrderStep): Promise<WorkOrder> {
  const at = { params: { path: { id: asked.id } } };
  switch (asked.step) {
    case "accept":
      return answered(api.POST("/api/work-orders/{id}/accept", at));
    case "approve":
      return answered(api.POST("/api/work-orders/{id}/approve", at));
    case "send_back":
      return answered(api.POST("/api/work-orders/{id}/send-back", { ...at, body: { reason: asked.reason } }));
  }
}

/** Puts an order that the server answered with in place of the one known, in lists too. */
export function takenIn(queries: QueryClient, known: WorkOrder): void {
  queries.setQueryData([ORDER, known.id], known);
  queries.setQueriesData<InfiniteData<WorkOrders>>({ queryKey: [ORDERS] }, (lists) => lists && {
    ...lists,
    pages: lists.pages.map((page) => ({ ...page, items: page.items.map((one) => (one.id === known.id ? known : one)) })),
  });
  for (const key of [ORDERS, CASES, CASE, MAP, FIGURES]) void queries.invalidateQueries({ queryKey: [key] });
}

/** Takes a crew's or a reviewer's step. */
export function useWorkOrderStep() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: take,
    onSuccess: (known) => takenIn(queries, known),
    onError: () => {
      for (const key of [ORDER, ORDERS]) void queries.invalidateQueries({ queryKey: [key] });
    },
  });
}
