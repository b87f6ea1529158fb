import "maplibre-gl/dist/maplibre-gl.css";
import { type GeoJSONSource, Map as StreetMap, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { FeatureCollection } from "geojson";
import { type RefObject, useEffect, useMemo, useState } from "react";
import { useSpeech } from "../i18n/language";
import { graticule } from "./graticule";
import { STREET_STYLE } from "./style";

setWorkerUrl(new URL(workerUrl, document.baseURI).href);

/** A street map in a frame, once its style is there; made anew when the language changes. North is up until it is turned. */
export function useStreetMap(frame: RefObject<HTMLDivElement | null>, title: string): StreetMap | null {
  const { t } = useSpeech();
  const [map, setMap] = useState<StreetMap | null>(null);
  const words = useMemo(
    () => ({
      "Map.Title": title,
      "NavigationControl.ZoomIn": t("map.zoom_in"),
      "NavigationControl.ZoomOut": t("map.zoom_out"),
      "NavigationControl.ResetBearing": t("map.north"),
    }),
    [t, title],
  );
  useEffect(() => {
    if (frame.current === null) return;
    const made = new StreetMap({
      container: frame.current, style: STREET_STYLE, center: [0, 0], zoom: 1, maxZoom: 21.5, maxPitch: 0,
      attributionControl: false, fadeDuration: 0, locale: words,
    });
    made.addControl(new NavigationControl({ showCompass: true, visualizePitch: false }), "top-left");
    made.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-left");
    made.on("load", () => setMap(made));
    made.on("moveend", () => {
      const seen = made.getBounds();
      if (made.getZoom() < 9) return;
      const bounds = { west: seen.getWest(), south: seen.getSouth(), east: seen.getEast(), north: seen.getNorth() };
      made.getSource<GeoJSONSource>("graticule")?.setData(graticule(bounds));
    });
    return () => {
      setMap(null);
      made.remove();
    };
  }, [frame, words]);
  return map;
}

/** Keeps a source of a map at these features. */
export function useData(map: StreetMap | null, source: string, features: FeatureCollection | undefined): void {
  useEffect(() => {
    if (features !== undefined) map?.getSource<GeoJSONSource>(source)?.setData(features);
  }, [map, source, features]);
}
