import type { Feature, FeatureCollection } from "geojson";
import { ring95 } from "./ellipse";
import { pinName } from "./pins";
import type { MapCase, SightLine, UnsurePlace } from "./types";

function collection(features: Feature[]): FeatureCollection {
  return { type: "FeatureCollection", features };
}

export function caseFeatures(cases: readonly MapCase[], chosen: string | null): FeatureCollection {
  return collection(
    cases.map((one) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [one.lon, one.lat] },
      properties: { id: one.id, state: one.state, pin: pinName(one.category, one.state), chosen: one.id === chosen },
    })),
  );
}

export function ellipseFeatures(places: readonly UnsurePlace[]): FeatureCollection {
  return collection(
    places.map(({ lat, lon, covariance }) => ({
      type: "Feature",
      properties: {},
      geometry: { type: "Polygon", coordinates: [ring95(lat, lon, covariance)] },
    })),
  );
}

export function sightFeatures(sights: readonly SightLine[]): FeatureCollection {
  return collection(
    sights.flatMap(({ camera, object }): Feature[] => {
      const from = [camera.lon, camera.lat];
      return [
        { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: [from, [object.lon, object.lat]] } },
        { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: from } },
      ];
    }),
  );
}

/** Grids with their names in one language. */
export function labelled(grids: FeatureCollection, either: (zh: string, en: string) => string): FeatureCollection {
  return collection(
    grids.features.map((grid) => ({
      ...grid,
      properties: {
        ...grid.properties,
        label: either(String(grid.properties?.["name_zh"] ?? ""), String(grid.properties?.["name_en"] ?? "")),
      },
    })),
  );
}

/** West, south, east, north over every position of the collections; null where there is none. */
export function boundsOf(collections: readonly FeatureCollection[]): [number, number, number, number] | null {
  let bounds: [number, number, number, number] | null = null;
  const widen = (at: unknown): void => {
    if (!Array.isArray(at)) return;
    const [lon, lat] = at as unknown[];
    if (typeof lon === "number" && typeof lat === "number") {
      bounds ??= [lon, lat, lon, lat];
      bounds = [Math.min(bounds[0], lon), Math.min(bounds[1], lat), Math.max(bounds[2], lon), Math.max(bounds[3], lat)];
    } else {
      for (const inner of at) widen(inner);
    }
  };
  for (const { features } of collections) {
    for (const { geometry } of features) if (geometry !== null && "coordinates" in geometry) widen(geometry.coordinates);
  }
  return bounds;
}
