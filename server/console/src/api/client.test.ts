import { afterEach, beforeEach, expect, test, vi } from "vitest";

const late = new AbortController();

beforeEach(() => {
  vi.stubGlobal("window", { location: { origin: "http://127.0.0.1" } });
  vi.spyOn(AbortSignal, "timeout").mockReturnValue(late.signal);
  vi.stubGlobal(
    "fetch",
    ({ signal }: Request) =>
      new Promise((_, refuse) => {
        const end = () => refuse(signal.reason as Error);
        if (signal.aborted) end();
        else signal.addEventListener("abort", end);
      }),
  );
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("a question that is never answered ends as one to a server that is away; what is sent is waited for", async () => {
  const { answered, api } = await import("./client");
  const asked = answered(api.GET("/api/cases"));
  const sent = answered(api.DELETE("/api/session"));
  late.abort();
  await expect(asked).rejects.toMatchObject({ status: 0, code: "unreachable" });
  await expect(Promise.race([sent, Promise.resolve("waiting")])).resolves.toBe("waiting");
});
