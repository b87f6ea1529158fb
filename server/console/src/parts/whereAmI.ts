const PATIENCE_MS = 6_000;
const FRESH_MS = 30_000;

export interface Place {
  lat: number;
  lon: number;
  /** Radius that holds 68 %, in metres. */
  accuracy_m: number;
}

/** The phone's place, at most so old; null where it has none, is not allowed to say, or does not say in time. */
export function whereAmI(age_ms = FRESH_MS): Promise<Place | null> {
  if (!("geolocation" in navigator)) return Promise.resolve(null);
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lat: coords.latitude, lon: coords.longitude, accuracy_m: coords.accuracy }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: age_ms },
    );
  });
}
