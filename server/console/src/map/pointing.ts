import type { Place } from "../parts/whereAmI";
import type { UnsurePlace } from "./types";

/** Metres that a pixel shows at the equator at zoom 0, with tiles of 512 pixels. */
const M_PER_PX = 40_075_017 / 512;
const HAND_PX = 16;
/** Nobody points better than this on a map without houses. */
const LEAST_M = 20;
/** The 68 % radius of a round Gaussian error is 1.51 times the sigma of an axis. */
const RAYLEIGH_68 = 1.51;
/** What is pointed at from farther away says too little; the server refuses it from 200 m on. */
export const WORST_M = 100;

/** What a pin points at: the place and how far off the hand may be at this zoom. */
export function around(lat: number, lon: number, zoom: number): Place {
  const m_per_px = (M_PER_PX * Math.cos((lat * Math.PI) / 180)) / 2 ** zoom;
  return { lat, lon, accuracy_m: Math.max(HAND_PX * m_per_px, LEAST_M) };
}

/** A phone's place as the map draws errors. */
export function unsureAt({ lat, lon, accuracy_m }: Place): UnsurePlace {
  const variance = (accuracy_m / RAYLEIGH_68) ** 2;
  return { lat, lon, covariance: { ee: variance, en: 0, nn: variance } };
}
