import { lazy, useMemo } from "react";
import type { CaseDetail } from "../../api/types";
import { useGround } from "../../api/useGround";
import { coordinates, metres } from "../../format/place";
import { useSpeech } from "../../i18n/language";
import { axes95 } from "../../map/ellipse";
import { placesOf, sightsOf } from "../../map/fromCase";
import { MapHolder } from "../../map/MapHolder";

const CityMap = lazy(() => import("../../map/CityMap"));

/** Where the case stands, with the ellipse that holds it and from where it was seen. */
export function CaseMap({ one }: { one: CaseDetail }) {
  const { t } = useSpeech();
  const ground = useGround();
  const cases = useMemo(() => [one], [one]);
  const places = useMemo(() => placesOf(one), [one]);
  const sights = useMemo(() => sightsOf(one), [one]);
  const { major_m, minor_m } = axes95(one.covariance);
  return (
    <section className="card case-map" aria-label={t("case.place")}>
      <div className="case-map-frame">
        <MapHolder>
          <CityMap cases={cases} ground={ground.data} places={places} sights={sights} show="cases" />
        </MapHolder>
      </div>
      <p className="case-place">
        <span>{coordinates(one.lat, one.lon)}</span>
        <span>{t("case.ellipse", { major: metres(major_m), minor: metres(minor_m) })}</span>
      </p>
    </section>
  );
}
