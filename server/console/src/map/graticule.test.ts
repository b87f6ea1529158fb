import { describe, expect, it } from "vitest";
import { graticule, stepFor } from "./graticule";

describe("the graticule", () => {
  it.each([0.0005, 0.003, 0.02, 0.4])("draws between two and fourteen rows over %d degrees", (tall) => {
    const bounds = { west: 121.47, east: 121.47 + tall, south: 31.23, north: 31.23 + tall };
    const rows = graticule(bounds).geometry.coordinates.filter(([from, to]) => from?.[1] === to?.[1]);
    expect(rows.length).toBeGreaterThanOrEqual(2);
    expect(rows.length).toBeLessThanOrEqual(15);
  });

  it("keeps its lines in place while the map is moved", () => {
    const rowsOf = (south: number) =>
      graticule({ west: 121.47, east: 121.48, south, north: south + 0.004 }).geometry.coordinates.map(([from]) => from?.[1]);
    const shared = rowsOf(31.23).filter((row) => rowsOf(31.231).includes(row));
    expect(shared.length).toBeGreaterThan(4);
  });

  it("takes steps of 1, 2 and 5", () => {
    expect(stepFor({ west: 0, east: 0, south: 0, north: 300 / 111_195 })).toBe(50);
  });
});
