import { type InfiniteData, useMutation, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "./client";
import { CASE, CASES, FIGURES, MAP, ORDER, ORDERS } from "./keys";
import type { WorkOrder, WorkOrders } from "./types";

export interface Photo {
  file: File;
  taken_at?: string;
  place?: { lat: number; lon: number };
}

export type WorkOrderStep = { id: string } & (
  | { step: "accept" | "approve" }
  | { step: "send_back"; reason: string }
  | { step: "feed_back"; photo: Photo }
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
    case "feed_back":
      return answered(
        api.POST("/api/work-orders/{id}/after-photo", {
          ...at,
          body: { file: "" },
          bodySerializer: () => form(asked.photo),
        }),
      );
  }
}

function form({ file, taken_at, place }: Photo): FormData {
  const parts = new FormData();
  parts.set("file", file);
  if (taken_at !== undefined) parts.set("taken_at", taken_at);
  if (place !== undefined) {
    parts.set("lat", String(place.lat));
    parts.set("lon", String(place.lon));
  }
  return parts;
}

/** Takes a crew's or a reviewer's step and puts the order that the server answers with in place of the one known, in lists too. */
export function useWorkOrderStep() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: take,
    onSuccess: (known) => {
      queries.setQueryData([ORDER, known.id], known);
      queries.setQueriesData<InfiniteData<WorkOrders>>({ queryKey: [ORDERS] }, (lists) => lists && {
        ...lists,
        pages: lists.pages.map((page) => ({ ...page, items: page.items.map((one) => (one.id === known.id ? known : one)) })),
      });
      for (const key of [ORDERS, CASES, CASE, MAP, FIGURES]) void queries.invalidateQueries({ queryKey: [key] });
    },
    onError: () => {
      for (const key of [ORDER, ORDERS]) void queries.invalidateQueries({ queryKey: [key] });
    },
  });
}
