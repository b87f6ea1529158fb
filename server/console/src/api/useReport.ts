import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FeatureCollection } from "geojson";
import { answered, api } from "./client";
import { REPORT, REPORT_GRIDS, REPORTABLE } from "./keys";
import { Problem } from "./problem";

/** What can be reported; nobody needs to be signed in to ask. */
export function useReportable() {
  return useQuery({
    queryKey: [REPORTABLE],
    queryFn: () => answered(api.GET("/api/reports/categories")),
    staleTime: 10 * 60_000,
  });
}

/** The district in which something can be reported. */
export function useReportGrids() {
  return useQuery({
    queryKey: [REPORT_GRIDS],
    queryFn: async () => (await answered(api.GET("/api/reports/grids"))) as unknown as FeatureCollection,
    staleTime: 10 * 60_000,
  });
}

const TOKEN = /^[\w-]{43}$/;

/** What became of the report of a token; asked for once it was sent. */
export function useFollowed(token: string, sent: boolean) {
  return useQuery({
    enabled: sent,
    queryKey: [REPORT, token],
    queryFn: async () => {
      // The server looks for no report under what is not shaped like a token, which half an address is not.
      if (!TOKEN.test(token)) throw new Problem(404, "no_report", "");
      return answered(api.GET("/api/reports/{token}", { params: { path: { token } } }));
    },
    refetchInterval: 60_000,
  });
}

/** Says that it is not fixed, and shows what becomes of that. */
export function useNotFixed(token: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answered(api.POST("/api/reports/{token}/not-fixed", { params: { path: { token } } })),
    onSuccess: (known) => queries.setQueryData([REPORT, token], known),
  });
}
