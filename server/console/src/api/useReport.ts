import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FeatureCollection } from "geojson";
import type { Place } from "../parts/whereAmI";
import { answered, api } from "./client";
import { REPORT, REPORT_GRIDS, REPORTABLE } from "./keys";
import { Problem } from "./problem";
import type { Reported } from "./types";

export interface Report {
  file: File;
  category: string;
  place: Place | null;
  /** Whom to tell, once, when it is really fixed; empty for nobody. */
  phone: string;
  language: "zh-CN" | "en";
}

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

/** Sends a report, as an inspector who is signed in or as somebody whom nobody knows. */
export function useReport(inspector: boolean) {
  return useMutation({
    mutationFn: (report: Report): Promise<Reported> => {
      const body = { body: { file: "", category: "", datum: "wgs84" as const, language: report.language }, bodySerializer: () => form(report) };
      return answered(inspector ? api.POST("/api/inspections", body) : api.POST("/api/reports", body));
    },
  });
}

const TOKEN = /^[\w-]{43}$/;

/** What became of the report of a token. */
export function useFollowed(token: string) {
  return useQuery({
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

function form({ file, category, place, phone, language }: Report): FormData {
  const parts = new FormData();
  parts.set("file", file);
  parts.set("category", category);
  parts.set("language", language);
  if (phone !== "") parts.set("phone", phone);
  if (place !== null) {
    parts.set("lat", String(place.lat));
    parts.set("lon", String(place.lon));
    parts.set("accuracy_m", String(place.accuracy_m));
  }
  return parts;
}
