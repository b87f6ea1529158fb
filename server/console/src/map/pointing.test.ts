import { describe, expect, it } from "vitest";
import { axes95 } from "./ellipse";
import { around, unsureAt, WORST_M } from "./pointing";

describe("a pin in the middle of a map", () => {
  it("is as sure as the hand at that zoom, and never surer than 20 m", () => {
    expect(around(0, 0, 14).accuracy_m).toBeCloseTo((16 * 40_075_017) / 512 / 2 ** 14, 6);
    expect(around(31.23, 121.47, 20).accuracy_m).toBe(20);
  });

  it("is too unsure while a whole city is in view", () => {
    expect(around(31.23, 121.47, 12).accuracy_m).toBeGreaterThan(WORST_M);
    expect(around(31.23, 121.47, 14).accuracy_m).toBeLessThan(WORST_M);
  });
});

it("draws a phone's 68 % radius as the larger circle that holds 95 %", () => {
  const { major_m, minor_m } = axes95(unsureAt({ lat: 31, lon: 121, accuracy_m: 151 }).covariance);
  expect([major_m, minor_m]).toEqual([expect.closeTo(244.77, 1), expect.closeTo(244.77, 1)]);
});
