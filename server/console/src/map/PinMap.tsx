import { EnvironmentFilled } from "@ant-design/icons";
import type { FeatureCollection } from "geojson";
import { useEffect, useMemo, useRef } from "react";
import { useSpeech } from "../i18n/language";
import type { Place } from "../parts/whereAmI";
import { boundsOf, ellipseFeatures, labelled } from "./features";
import { around, unsureAt } from "./pointing";
import { useData, useStreetMap } from "./useStreetMap";

const CLOSEST_ZOOM = 18;

interface Props {
  grids: FeatureCollection;
  /** Where the phone believes to be, drawn with its error; null where it does not say. */
  rough: Place | null;
  /** What the pin points at, told whenever the map has come to rest. */
  onPoint: (place: Place) => void;
}

/** A map that is moved under a pin in its middle, which fingers and arrow keys do alike. */
export default function PinMap({ grids, rough, onPoint }: Props) {
  const { t, either } = useSpeech();
  const frame = useRef<HTMLDivElement>(null);
  const told = useRef(onPoint);
  told.current = onPoint;
  const map = useStreetMap(frame, t("pin.map"));
  const named = useMemo(() => labelled(grids, either), [grids, either]);
  const ellipses = useMemo(() => ellipseFeatures(rough === null ? [] : [unsureAt(rough)]), [rough]);
  useData(map, "grids", named);
  useData(map, "ellipses", ellipses);

  useEffect(() => {
    if (map === null) return;
    const tell = () => {
      const { lat, lng } = map.getCenter();
      told.current(around(lat, lng, map.getZoom()));
    };
    map.on("moveend", tell);
    const bounds = boundsOf(rough === null ? [grids] : [ellipses]);
    if (bounds !== null) map.fitBounds(bounds, { padding: 24, maxZoom: CLOSEST_ZOOM, animate: false });
    return () => void map.off("moveend", tell);
  }, [map, grids, rough, ellipses]);

  return (
    <div className="pin-map">
      <div ref={frame} className="city-map" data-ready={map !== null} />
      <EnvironmentFilled className="pin-map-pin" aria-hidden />
    </div>
  );
}
