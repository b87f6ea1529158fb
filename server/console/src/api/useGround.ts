import { useQuery } from "@tanstack/react-query";
import type { FeatureCollection } from "geojson";
import { useCallback, useMemo } from "react";
import { useSpeech } from "../i18n/language";
import type { Ground } from "../map/types";
import { answered, api } from "./client";
import { GROUND } from "./keys";

async function fetchGround(): Promise<Ground> {
  const [grids, zones] = await Promise.all([answered(api.GET("/api/grids")), answered(api.GET("/api/zones"))]);
  return { grids: grids as unknown as FeatureCollection, zones: zones as unknown as FeatureCollection };
}

/** Grids and zones, which seldom change, and the grids' names in the chosen language. */
export function useGround() {
  const { either } = useSpeech();
  const { data } = useQuery({ queryKey: [GROUND], queryFn: fetchGround, staleTime: 10 * 60_000 });
  const names = useMemo(
    () => new Map(data?.grids.features.map(({ id, properties }) => [String(id), [String(properties?.["name_zh"]), String(properties?.["name_en"])] as const])),
    [data],
  );
  const gridName = useCallback((id: string) => either(...(names.get(id) ?? [id, id])), [names, either]);
  return { data, grids: [...names.keys()], gridName };
}
