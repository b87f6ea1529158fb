import { describe, expect, it } from "vitest";
import { axes95, ring95 } from "./ellipse";

const M_PER_DEG_LAT = 111_195;

describe("the ellipse that holds an object with 95 %", () => {
  it("has axes of 2.448 sigma along a diagonal covariance", () => {
    const { major_m, minor_m, angle_rad } = axes95({ ee: 4, en: 0, nn: 1 });
    expect(major_m).toBeCloseTo(2.4477 * 2, 3);
    expect(minor_m).toBeCloseTo(2.4477, 3);
    expect(angle_rad).toBeCloseTo(0);
  });

  it("lies along the diagonal where east and north err together", () => {
    expect(axes95({ ee: 2, en: 1, nn: 2 }).angle_rad).toBeCloseTo(Math.PI / 4);
  });

  it("turns its long axis to the north where the north errs more", () => {
    expect(Math.abs(axes95({ ee: 1, en: 0, nn: 9 }).angle_rad)).toBeCloseTo(Math.PI / 2);
  });

  it("is a closed ring whose every corner is 2.448 sigma away by the covariance's own measure", () => {
    const covariance = { ee: 6.2, en: 2.1, nn: 2.4 };
    const [lat, lon] = [31.23, 121.47];
    const ring = ring95(lat, lon, covariance, 32);
    expect(ring[0]).toEqual(ring[32]);
    const determinant = covariance.ee * covariance.nn - covariance.en ** 2;
    for (const [corner_lon, corner_lat] of ring) {
      const east_m = (corner_lon - lon) * M_PER_DEG_LAT * Math.cos((lat * Math.PI) / 180);
      const north_m = (corner_lat - lat) * M_PER_DEG_LAT;
      const squared =
        (covariance.nn * east_m ** 2 - 2 * covariance.en * east_m * north_m + covariance.ee * north_m ** 2) / determinant;
      expect(squared).toBeCloseTo(5.991, 4);
    }
  });
});
