/** Position covariance in m² on the local east and north axes. */
export interface Covariance {
  ee: number;
  en: number;
  nn: number;
}

export interface Axes {
  /** Semi-axes in metres, the longer first. */
  major_m: number;
  minor_m: number;
  /** Direction of the longer axis, radians from east towards north. */
  angle_rad: number;
}

/** Squared radius that holds 95 % of a two-dimensional normal distribution (chi-square, 2 degrees of freedom). */
const CHI2_95 = 5.991;
const M_PER_DEG_LAT = 111_195;

/** Axes of the ellipse that holds the object with 95 %: eigenvalues of the symmetric 2×2 covariance. */
export function axes95({ ee, en, nn }: Covariance): Axes {
  const mean = (ee + nn) / 2;
  const spread = Math.hypot((ee - nn) / 2, en);
  return {
    major_m: Math.sqrt(CHI2_95 * (mean + spread)),
    minor_m: Math.sqrt(CHI2_95 * Math.max(mean - spread, 0)),
    angle_rad: Math.atan2(2 * en, ee - nn) / 2,
  };
}

/** That ellipse as a closed ring of [lon, lat]. */
export function ring95(lat: number, lon: number, covariance: Covariance, corners = 64): [number, number][] {
  const { major_m, minor_m, angle_rad } = axes95(covariance);
  const m_per_deg_lon = M_PER_DEG_LAT * Math.cos((lat * Math.PI) / 180);
  return Array.from({ length: corners + 1 }, (_, index) => {
    const turn = (2 * Math.PI * (index % corners)) / corners;
    const along = major_m * Math.cos(turn);
    const across = minor_m * Math.sin(turn);
    const east_m = along * Math.cos(angle_rad) - across * Math.sin(angle_rad);
    const north_m = along * Math.sin(angle_rad) + across * Math.cos(angle_rad);
    return [lon + east_m / m_per_deg_lon, lat + north_m / M_PER_DEG_LAT];
  });
}
