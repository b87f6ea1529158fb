import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { askingAfresh } from "./askAfresh";

/** A page that shows the server's number, whose answers come when they are let go. */
function page() {
  const queries = new QueryClient();
  const asked: (() => void)[] = [];
  const server = { number: 1 };
  const shown = new QueryObserver(queries, {
    queryKey: ["cases", "open"],
    queryFn: () => {
      const answer = server.number;
      return new Promise<number>((resolve) => asked.push(() => resolve(answer)));
    },
  });
  const leave = shown.subscribe(() => undefined);
  return { queries, asked, server, leave, number: () => shown.getCurrentResult().data };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve));
}

test("a change during the first answer is asked for once that is there", async () => {
  const { queries, asked, server, leave, number } = page();
  server.number = 2;
  void askingAfresh(queries, "cases")();
  await settle();
  asked[0]!();
  await settle();
  expect([number(), asked.length]).toEqual([1, 2]);
  asked[1]!();
  await settle();
  expect([number(), asked.length]).toEqual([2, 2]);
  leave();
});

test("changes that come faster than answers break none off, and are asked for together", async () => {
  const { queries, asked, server, leave, number } = page();
  asked[0]!();
  await settle();
  const changed = askingAfresh(queries, "cases");
  for (let change = 2; change < 10; change++) {
    server.number = change;
    void changed();
    await settle();
  }
  expect(asked.length).toBe(2);
  asked[1]!();
  await settle();
  expect([number(), asked.length]).toEqual([2, 3]);
  asked[2]!();
  await settle();
  expect([number(), asked.length]).toEqual([9, 3]);
  leave();
});

test("a refusal is no answer to what changes after it", async () => {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  let asked = 0;
  const shown = new QueryObserver(queries, {
    queryKey: ["cases"],
    queryFn: () => (asked++ === 0 ? Promise.reject(new Error("away")) : Promise.resolve(asked)),
  });
  const leave = shown.subscribe(() => undefined);
  const changed = askingAfresh(queries, "cases");
  await changed();
  await changed();
  expect(shown.getCurrentResult().data).toBe(3);
  leave();
});
