import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { answered, api } from "./client";
import { CASE } from "./keys";

/** One case with everything about it; nothing is asked while no id is given. */
export function useCase(id: string | null) {
  return useQuery({
    queryKey: [CASE, id],
    queryFn: () => answered(api.GET("/api/cases/{id}", { params: { path: { id: id ?? "" } } })),
    enabled: id !== null,
    placeholderData: keepPreviousData,
  });
}
