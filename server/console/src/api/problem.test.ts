import { describe, expect, it } from "vitest";
import { inTheWay, Problem } from "./problem";

const away = new Problem(0, "unreachable", "");
const failing = new Problem(503, "unavailable", "");
const absent = new Problem(404, "no_case", "");

describe("a problem that stands in a screen's way", () => {
  it("is that nothing is known yet", () => {
    for (const error of [away, failing, absent]) expect(inTheWay({ error, data: undefined })).toBe(error);
    expect(inTheWay({ error: null, data: undefined })).toBeNull();
  });

  it("is a refusal, but not that the server cannot be reached while something is known", () => {
    expect(inTheWay({ error: absent, data: {} })).toBe(absent);
    for (const error of [away, failing, null]) expect(inTheWay({ error, data: {} })).toBeNull();
  });
});
