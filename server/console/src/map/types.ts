import type { FeatureCollection } from "geojson";
import type { Covariance } from "./ellipse";

/** A case as the map draws it. */
export interface MapCase {
  id: string;
  category: string;
  state: string;
  lat: number;
  lon: number;
}

/** A place whose error ellipse is drawn. */
export interface UnsurePlace {
  lat: number;
  lon: number;
  covariance: Covariance;
}

/** Where a sighting's camera stood and what it looked at. */
export interface SightLine {
  camera: { lat: number; lon: number };
  object: { lat: number; lon: number };
}

export interface Ground {
  grids: FeatureCollection;
  zones: FeatureCollection;
}
