import { describe, expect, it } from "vitest";
import { bearing } from "./bearing";

const HERE = { lat: 31.23, lon: 121.47 };

describe("the way from here to a place", () => {
  it.each([
    [0.001, 0, "n"], [0.001, 0.00117, "ne"], [0, 0.001, "e"], [-0.001, 0.00117, "se"],
    [-0.001, 0, "s"], [-0.001, -0.00117, "sw"], [0, -0.001, "w"], [0.001, -0.00117, "nw"],
  ] as const)("%d degrees north and %d east leads %s", (north, east, direction) => {
    expect(bearing(HERE, { lat: HERE.lat + north, lon: HERE.lon + east }).direction).toBe(direction);
  });

  it("is as long as the degrees say", () => {
    expect(bearing(HERE, { lat: 31.231, lon: 121.47 }).distance_m).toBeCloseTo(111.195, 3);
    expect(bearing(HERE, { lat: 31.23, lon: 121.471 }).distance_m).toBeCloseTo(95.08, 1);
  });
});
