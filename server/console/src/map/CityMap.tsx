import { useEffect, useMemo, useRef, useState } from "react";
import { useSpeech } from "../i18n/language";
import { boundsOf, caseFeatures, ellipseFeatures, labelled, sightFeatures } from "./features";
import { drawPinsOnDemand } from "./pins";
import type { Ground, MapCase, SightLine, UnsurePlace } from "./types";
import { useData, useStreetMap } from "./useStreetMap";

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
  const [drawn, setDrawn] = useState(false);
  const fitted = useRef(false);
  const choose = useRef(onChoose);
  choose.current = onChoose;

  const map = useStreetMap(frame, t("map.title"));
  useEffect(() => {
    fitted.current = false;
    setDrawn(false);
    if (map === null) return;
    drawPinsOnDemand(map);
    map.on("click", (click) => {
      const { x, y } = click.point;
      const around: [[number, number], [number, number]] = [
        [x - CLICK_SLACK_PX, y - CLICK_SLACK_PX],
        [x + CLICK_SLACK_PX, y + CLICK_SLACK_PX],
      ];
      const id: unknown = map.queryRenderedFeatures(around, { layers: ["case"] })[0]?.properties["id"];
      if (typeof id === "string") choose.current?.(id);
    });
    map.on("mousemove", "case", () => void (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", "case", () => void (map.getCanvas().style.cursor = ""));
  }, [map]);

  const shown = useMemo(() => caseFeatures(cases, chosen), [cases, chosen]);
  const named = useMemo(() => ground && labelled(ground.grids, either), [ground, either]);
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
    const narrow = map.getContainer().clientWidth - coveredRight_px < 480;
    map.once("idle", () => setDrawn(true));
    map.fitBounds(bounds, {
      padding: { top: 56, bottom: 56, left: show === "city" && !narrow ? 120 : 32, right: (narrow ? 24 : 56) + coveredRight_px },
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
