import { answered, api } from "../api/client";
import { Problem } from "../api/problem";
import type { WorkOrder } from "../api/types";
import type { UnsentPhoto } from "./shelf";

/** Sends a photo and gives the order that the server answers with; anything else has not taken it (a hotel's sign-in page). */
export async function sendAfterPhoto(one: UnsentPhoto): Promise<WorkOrder> {
  const order: WorkOrder | undefined = await answered(
    api.POST("/api/work-orders/{id}/after-photo", {
      params: { path: { id: one.order_id } },
      body: { file: "" },
      bodySerializer: () => form(one),
    }),
  );
  if (order?.id !== one.order_id) throw new Problem(0, "unreachable", "");
  return order;
}

function form({ id, photo, media_type, taken_at, place }: UnsentPhoto): FormData {
  const parts = new FormData();
  parts.set("photo_id", id);
  parts.set("file", new Blob([photo], { type: media_type }), "after");
  parts.set("taken_at", taken_at);
  if (place !== null) {
    parts.set("lat", String(place.lat));
    parts.set("lon", String(place.lon));
  }
  return parts;
}
