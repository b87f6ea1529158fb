import { afterEach, expect, it, vi } from "vitest";
import { hearServersTime, timeNow } from "./clock";

const DAY_MS = 24 * 3600_000;
const NOW_MS = Date.parse("2026-11-28T00:00:00Z");

afterEach(() => {
  hearServersTime(0, 0);
  vi.useRealTimers();
});

it.each([[DAY_MS], [-DAY_MS], [61_000]])("goes by the server where the phone is %d ms off", (off_ms) => {
  vi.useFakeTimers({ now: NOW_MS + off_ms });
  hearServersTime(NOW_MS);
  expect(timeNow()).toBe(NOW_MS);
});

it("takes what an answer needs on its way for no difference", () => {
  vi.useFakeTimers({ now: NOW_MS + 59_000 });
  hearServersTime(NOW_MS);
  expect(timeNow()).toBe(NOW_MS + 59_000);
});
