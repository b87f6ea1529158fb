import type { CaseDetail } from "../api/types";
import type { SightLine, UnsurePlace } from "./types";

/** Where a case stands, with its error. */
export function placesOf({ lat, lon, covariance }: CaseDetail): UnsurePlace[] {
  return [{ lat, lon, covariance }];
}

/** From where each sighting saw the case; sightings without a camera's place draw none. */
export function sightsOf({ lat, lon, observations }: CaseDetail): SightLine[] {
  return observations.flatMap((seen) =>
    seen.camera_lat === null || seen.camera_lon === null
      ? []
      : [{ camera: { lat: seen.camera_lat, lon: seen.camera_lon }, object: { lat: seen.lat ?? lat, lon: seen.lon ?? lon } }],
  );
}
