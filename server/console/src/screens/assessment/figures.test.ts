import { describe, expect, it } from "vitest";
import { dayText, hoursText, NONE, ordersAt, shareText } from "./figures";

describe("the figures of an assessment", () => {
  it("are not told of too few orders", () => {
    expect(shareText(null, "en")).toBe(NONE);
    expect(hoursText(null, "zh-CN")).toBe(NONE);
  });

  it("do not round a share up to all of them", () => {
    expect(shareText(0.996, "en")).toBe("99%");
    expect(shareText(0.29, "en")).toBe("29%");
    expect(shareText(1, "zh-CN")).toBe("100%");
  });

  it("tell hours to a tenth and days without a year, as the language has it", () => {
    expect(hoursText(3.25, "en")).toBe("3.3 hr");
    expect(hoursText(6, "zh-CN")).toBe("6小时");
    expect(dayText("2026-11-23", "en")).toBe("Nov 23");
    expect(dayText("2026-11-23", "zh-CN")).toBe("11/23");
  });

  it("lead to the list of just these orders", () => {
    expect(ordersAt({})).toBe("/orders");
    expect(ordersAt({ which: "overdue", grid: "grid-a" })).toBe("/orders?which=overdue&grid=grid-a");
  });
});
