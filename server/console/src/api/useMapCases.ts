import { useQuery } from "@tanstack/react-query";
import type { MapCase } from "../map/types";
import { answered, api } from "./client";
import { MAP } from "./keys";
import type { CaseFilter } from "./useCases";

/** Every case of a filter as the map draws it, also those beyond the queue's first page. */
export function useMapCases({ states, category, grid }: CaseFilter) {
  return useQuery({
    queryKey: [MAP, states, category, grid],
    queryFn: async (): Promise<MapCase[]> => {
      const { features } = await answered(
        api.GET("/api/map", {
          params: {
            query: {
              ...(states.length > 0 && { state: [...states] }),
              ...(category !== null && { category }),
              ...(grid !== null && { grid }),
            },
          },
        }),
      );
      return features.map(({ id, geometry, properties }) => {
        const [lon, lat] = geometry["coordinates"] as [number, number];
        return { id, lat, lon, category: String(properties["category"]), state: String(properties["state"]) };
      });
    },
    placeholderData: (before) => before,
  });
}
