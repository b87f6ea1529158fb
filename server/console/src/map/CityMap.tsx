import "maplibre-gl/dist/maplibre-gl.css";
import { type GeoJSONSource, Map as StreetMap, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { FeatureCollection } from "geojson";
import { useEffect, useMemo, useRef, useState } from "react";
import { useSpeech } from "../i18n/language";
import { boundsOf, caseFeatures, ellipseFeatures, sightFeatures } from "./features";
import { graticule } from "./graticule";
import { drawPinsOnDemand } from "./pins";
import { STREET_STYLE } from "./style";
import type { Ground, MapCase, SightLine, UnsurePlace } from "./types";

setWorkerUrl(new URL(workerUrl, document.baseURI).href);

const NOTHING: readonly never[] = [];
const CLICK_SLACK_PX = 6;

interface Props {
  cases: readonly MapCase[];
  ground: Ground | undefined;
  chosen?: string | null;
  onChoose?: (id: string) => void;
  places?: readonly UnsurePlace[];
  sights?: readonly SightLine[];
  /** What the map shows first: everything, or only the cases with their surroundings. */
  show?: "city" | "cases";
  /** Pixels at the right that something else covers. */
  coveredRight_px?: number;
}

/** The street map: grids, zones, error ellipses and cases over a plain background; north is up until it is turned. */
export default function CityMap({
  cases, ground, chosen = null, onChoose, places = NOTHING, sights = NOTHING, show = "city", coveredRight_px = 0,
}: Props) {
  const { t, either } = useSpeech();
  const frame = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<StreetMap | null>(null);
  const [drawn, setDrawn] = useState(false);
  const fitted = useRef(false);
  const choose = useRef(onChoose);
  choose.current = onChoose;

  const words = useMemo(
    () => ({
      "Map.Title": t("map.title"),
      "NavigationControl.ZoomIn": t("map.zoom_in"),
      "NavigationControl.ZoomOut": t("map.zoom_out"),
      "NavigationControl.ResetBearing": t("map.north"),
    }),
    [t],
  );
  useEffect(() => {
    if (frame.current === null) return;
    const made = new StreetMap({
      container: frame.current, style: STREET_STYLE, center: [0, 0], zoom: 1, maxZoom: 21.5, maxPitch: 0,
      attributionControl: false, fadeDuration: 0, locale: words,
    });
    drawPinsOnDemand(made);
    made.addControl(new NavigationControl({ showCompass: true, visualizePitch: false }), "top-left");
    made.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-left");
    made.on("load", () => setMap(made));
    made.on("moveend", () => {
      const seen = made.getBounds();
      if (made.getZoom() < 9) return;
      const bounds = { west: seen.getWest(), south: seen.getSouth(), east: seen.getEast(), north: seen.getNorth() };
      made.getSource<GeoJSONSource>("graticule")?.setData(graticule(bounds));
    });
    made.on("click", (click) => {
      const { x, y } = click.point;
      const around: [[number, number], [number, number]] = [
        [x - CLICK_SLACK_PX, y - CLICK_SLACK_PX],
        [x + CLICK_SLACK_PX, y + CLICK_SLACK_PX],
      ];
      const id: unknown = made.queryRenderedFeatures(around, { layers: ["case"] })[0]?.properties["id"];
      if (typeof id === "string") choose.current?.(id);
    });
    made.on("mousemove", "case", () => void (made.getCanvas().style.cursor = "pointer"));
    made.on("mouseleave", "case", () => void (made.getCanvas().style.cursor = ""));
    return () => {
      setMap(null);
      setDrawn(false);
      fitted.current = false;
      made.remove();
    };
  }, [words]);

  const shown = useMemo(() => caseFeatures(cases, chosen), [cases, chosen]);
  const named = useMemo(() => ground && withLabels(ground.grids, either), [ground, either]);
  const ellipses = useMemo(() => ellipseFeatures(places), [places]);
  const lines = useMemo(() => sightFeatures(sights), [sights]);

  useData(map, "cases", shown);
  useData(map, "grids", named);
  useData(map, "zones", ground?.zones);
  useData(map, "ellipses", ellipses);
  useData(map, "sights", lines);

  useEffect(() => {
    if (map === null || fitted.current || ground === undefined) return;
    const bounds = boundsOf(show === "city" && shown.features.length === 0 ? [ground.grids] : [shown, ellipses, lines]);
    if (bounds === null) return;
    fitted.current = true;
    map.once("idle", () => setDrawn(true));
    map.fitBounds(bounds, {
      padding: { top: 56, bottom: 56, left: show === "city" ? 120 : 56, right: 56 + coveredRight_px },
      maxZoom: show === "city" || places.length === 0 ? 18.5 : 20, animate: false,
    });
  }, [map, ground, shown, ellipses, lines, places, show, coveredRight_px]);

  useEffect(() => {
    const one = cases.find(({ id }) => id === chosen);
    if (map === null || one === undefined || show !== "city") return;
    const point = map.project([one.lon, one.lat]);
    const { clientWidth, clientHeight } = map.getContainer();
    const inside =
      point.x > 40 && point.x < clientWidth - 40 - coveredRight_px && point.y > 40 && point.y < clientHeight - 40;
    if (!inside) map.easeTo({ center: [one.lon, one.lat], offset: [-coveredRight_px / 2, 0], duration: 300 });
  }, [map, cases, chosen, show, coveredRight_px]);

  return <div ref={frame} className="city-map" data-ready={drawn} />;
}

function withLabels(grids: FeatureCollection, either: (zh: string, en: string) => string): FeatureCollection {
  return {
    ...grids,
    features: grids.features.map((grid) => ({
      ...grid,
      properties: {
        ...grid.properties,
        label: either(String(grid.properties?.["name_zh"] ?? ""), String(grid.properties?.["name_en"] ?? "")),
      },
    })),
  };
}

function useData(map: StreetMap | null, source: string, features: FeatureCollection | undefined): void {
  useEffect(() => {
    if (features !== undefined) map?.getSource<GeoJSONSource>(source)?.setData(features);
  }, [map, source, features]);
}
