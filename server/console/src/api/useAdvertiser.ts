import { useQuery } from "@tanstack/react-query";
import { answered, api } from "./client";
import { ADVERTISER } from "./keys";

/** One telephone number with its cases; nothing is asked while no id is given. */
export function useAdvertiser(id: string | null) {
  return useQuery({
    queryKey: [ADVERTISER, id],
    queryFn: () => answered(api.GET("/api/advertisers/{id}", { params: { path: { id: id ?? "" } } })),
    enabled: id !== null,
  });
}
