const M_PER_DEG_LAT = 111_195;
const DIRECTIONS = ["n", "ne", "e", "se", "s", "sw", "w", "nw"] as const;

export type Direction = (typeof DIRECTIONS)[number];

interface Place {
  lat: number;
  lon: number;
}

/** How far and in which of eight directions one place is from another; within a city the earth is flat. */
export function bearing(from: Place, to: Place): { distance_m: number; direction: Direction } {
  const north_m = (to.lat - from.lat) * M_PER_DEG_LAT;
  const east_m = (to.lon - from.lon) * M_PER_DEG_LAT * Math.cos((from.lat * Math.PI) / 180);
  const turn = Math.atan2(east_m, north_m) / (2 * Math.PI);
  return { distance_m: Math.hypot(east_m, north_m), direction: DIRECTIONS[(Math.round(turn * 8) + 8) % 8]! };
}
