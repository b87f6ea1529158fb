import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "./client";
import { CASE, CASES, FIGURES, MAP, MENDS, NEAR, ORDERS } from "./keys";
import type { CaseDetail, Mend, Observation } from "./types";

/** What people merged into a case or split off it; asked by those who may see it. */
export function useMends(id: string, wanted: boolean) {
  return useQuery({
    queryKey: [MENDS, id],
    queryFn: () => answered(api.GET("/api/cases/{id}/mends", { params: { path: { id } } })),
    enabled: wanted,
  });
}

/** The sightings of a case that can be split off it: not those that a merge brought, which undoing it gives back. */
export function useSplittable(one: CaseDetail, wanted: boolean): Observation[] {
  const { data } = useMends(one.id, wanted);
  const merges = data?.items.filter(({ kind, undone_at }) => kind === "merge" && undone_at === null) ?? [];
  const parts = new Set(merges.map(({ other_id }) => other_id));
  return one.observations.filter(({ case_id, outcome }) => !parts.has(case_id) && outcome !== "suppressed");
}

/** The open cases near one that may be the same problem, the nearest first. */
export function useNear(id: string) {
  return useQuery({
    queryKey: [NEAR, id],
    queryFn: () => answered(api.GET("/api/cases/{id}/near", { params: { path: { id } } })),
  });
}

/** A merge or a split under an id of the page's own, so that sending it again does nothing twice; or an undo. */
export type Mending =
  | { mend_id: string; kind: "merge"; kept: string; gone: string }
  | { mend_id: string; kind: "split"; case: string; observations: string[] }
  | { mend_id: string; kind: "undo" };

function send({ mend_id, ...asked }: Mending): Promise<Mend> {
  const at = { params: { path: { id: mend_id } } };
  if (asked.kind === "undo") return answered(api.POST("/api/mends/{id}/undo", at));
  return answered(api.PUT("/api/mends/{id}", { ...at, body: asked }));
}

/** Mends, and asks again for all that shows cases. */
export function useMending() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSettled: () => {
      for (const key of [CASE, CASES, MENDS, NEAR, MAP, ORDERS, FIGURES]) void queries.invalidateQueries({ queryKey: [key] });
    },
  });
}
