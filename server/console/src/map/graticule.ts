import type { Feature, MultiLineString } from "geojson";

const M_PER_DEG_LAT = 111_195;
const STEPS_M = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
const MOST_LINES = 14;

export interface Bounds {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** The finest step of metres that draws at most 14 lines across the bounds. */
export function stepFor({ south, north }: Bounds): number {
  const tall_m = (north - south) * M_PER_DEG_LAT;
  return STEPS_M.find((step_m) => tall_m / step_m <= MOST_LINES) ?? STEPS_M[STEPS_M.length - 1]!;
}

/** Lines a whole number of steps apart over the bounds, so that the plain background has a scale to the eye. */
export function graticule(bounds: Bounds): Feature<MultiLineString> {
  const { west, south, east, north } = bounds;
  const step_m = stepFor(bounds);
  const step_lat = step_m / M_PER_DEG_LAT;
  const step_lon = step_lat / Math.cos((Math.round((south + north) / 2) * Math.PI) / 180);
  const lines: [number, number][][] = [];
  for (let row = Math.ceil(south / step_lat); row * step_lat <= north && lines.length < 200; row++) {
    lines.push([[west, row * step_lat], [east, row * step_lat]]);
  }
  for (let column = Math.ceil(west / step_lon); column * step_lon <= east && lines.length < 400; column++) {
    lines.push([[column * step_lon, south], [column * step_lon, north]]);
  }
  return { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines } };
}
