import { describe, expect, it } from "vitest";
import { madeAt, newId, newToken } from "./newId";

describe("a new id", () => {
  it("is a UUIDv7 that tells when it was made", () => {
    // The time of the example in RFC 9562, A.6.
    expect(newId(0x017f22e279b0)).toMatch(/^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(madeAt(newId(0x017f22e279b0))).toBe(0x017f22e279b0);
  });

  it("is never made twice", () => {
    expect(new Set(Array.from({ length: 1000 }, () => newId(1))).size).toBe(1000);
  });
});

it("makes tokens as the server takes them, and none twice", () => {
  const made = Array.from({ length: 100 }, newToken);
  for (const token of made) expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(new Set(made).size).toBe(100);
});
