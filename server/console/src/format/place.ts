/** Latitude and longitude to about ten centimetres, with hemispheres: "31.230412°N 121.473702°E". */
export function coordinates(lat: number, lon: number): string {
  const side = (value: number, positive: string, negative: string) =>
    `${Math.abs(value).toFixed(6)}°${value < 0 ? negative : positive}`;
  return `${side(lat, "N", "S")} ${side(lon, "E", "W")}`;
}

/** A distance at the precision that a person can use. */
export function metres(length_m: number): string {
  if (length_m >= 1000) return `${(length_m / 1000).toFixed(1)} km`;
  return length_m >= 10 ? `${Math.round(length_m)} m` : `${length_m.toFixed(1)} m`;
}
