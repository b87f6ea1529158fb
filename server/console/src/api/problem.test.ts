import { describe, expect, it } from "vitest";
import { inTheWay, Problem, problemOf } from "./problem";

const away = new Problem(0, "unreachable", "");
const failing = new Problem(503, "unavailable", "");
const absent = new Problem(404, "no_case", "");

describe("a refusal", () => {
  it("is what the server says", () =>
    expect(problemOf(409, { error: { code: "wrong_state", message: "it moved on", where: null } })).toMatchObject({ status: 409, code: "wrong_state", message: "it moved on" }));

  it("of a proxy is its status, and not the page that it sends along", () =>
    expect(problemOf(502, "<html><head><title>502 Bad Gateway</title></head></html>")).toMatchObject({ status: 502, code: "http_502", message: "" }));
});

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
