import { describe, expect, it } from "vitest";
import { momentText, span, spanText, urgency } from "./time";

const MIN_MS = 60_000;

describe("a length of time", () => {
  it("is cut to whole minutes and split into days, hours and minutes", () => {
    expect(span((26 * 60 + 5) * MIN_MS + 59_999)).toEqual({ days: 1, hours: 2, minutes: 5 });
    expect(span(-90 * MIN_MS)).toEqual({ days: 0, hours: 1, minutes: 30 });
  });

  it.each([
    [0, "0分钟", "0m"],
    [45, "45分钟", "45m"],
    [60, "1小时", "1h"],
    [119, "1小时59分钟", "1h 59m"],
    [48 * 60, "2天", "2d"],
    [51 * 60 + 7, "2天3小时", "2d 3h"],
  ])("of %i minutes is said in its two largest units", (minutes, zh, en) => {
    expect(spanText(minutes * MIN_MS, "zh-CN")).toBe(zh);
    expect(spanText(minutes * MIN_MS, "en")).toBe(en);
  });
});

describe("a deadline", () => {
  it.each([
    [1, "late"],
    [0, "soon"],
    [-60 * MIN_MS, "soon"],
    [-60 * MIN_MS - 1, "calm"],
  ])("that is %i ms past is %s", (past_ms, press) => {
    expect(urgency(1_000_000, 1_000_000 + past_ms)).toBe(press);
  });
});

describe("a moment", () => {
  const AT = Date.parse("2026-12-31T17:30:00Z");

  it("is said in the city's time zone, whose year may already be another", () => {
    expect(momentText(AT, AT, "zh-CN", "Asia/Shanghai")).toBe("1/1 01:30");
    expect(momentText(AT, AT, "en", "UTC")).toBe("Dec 31, 17:30");
  });

  it("names its year where that is not this one", () => {
    expect(momentText(AT, AT + 86_400_000, "en", "UTC")).toBe("Dec 31, 2026, 17:30");
    expect(momentText(AT, AT + 86_400_000, "en", "Asia/Shanghai")).toBe("Jan 1, 01:30");
  });
});
