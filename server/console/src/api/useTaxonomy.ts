import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { useSpeech } from "../i18n/language";
import { answered, api } from "./client";
import { TAXONOMY } from "./keys";

/** The city's categories with their names in the chosen language. */
export function useTaxonomy() {
  const { either } = useSpeech();
  const { data } = useQuery({
    queryKey: [TAXONOMY],
    queryFn: () => answered(api.GET("/api/taxonomy")),
    staleTime: 10 * 60_000,
  });
  const nameOf = useCallback(
    (key: string) => {
      const found = data?.categories.find((one) => one.key === key);
      return found === undefined ? key : either(found.zh, found.en);
    },
    [data, either],
  );
  return {
    known: data !== undefined,
    categories: data?.categories ?? [],
    nameOf,
    city: data === undefined ? "" : either(data.city_zh, data.city_en),
  };
}
