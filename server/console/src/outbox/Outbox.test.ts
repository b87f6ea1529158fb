import { describe, expect, it } from "vitest";
import { Problem } from "../api/problem";
import type { WorkOrder } from "../api/types";
import { fateOf, Outbox } from "./Outbox";
import { MemoryShelf, type Unsent } from "./shelf";

const photo = (id: string, person_id = "gang"): Unsent => ({
  id, person_id, order_id: `order-of-${id}`, order_number: 1, category: "litter", photo: new ArrayBuffer(1), media_type: "image/jpeg",
  taken_at: "2026-11-27T01:00:00Z", draft: false, place: null, refused: null,
});
const answer = (status: number) => new Problem(status, `http_${status}`, "");

/** A server that answers one photo after the other with these problems, and takes those whose turn is null. */
function serving(...answers: (Error | null)[]) {
  const shelf = new MemoryShelf();
  const asked: string[] = [];
  const outbox = new Outbox(shelf, async (one) => {
    asked.push(one.id);
    const problem = answers.shift() ?? null;
    if (problem !== null) throw problem;
    return { id: one.order_id } as WorkOrder;
  });
  const left = async () => (await shelf.all()).map(({ id, refused }) => (refused === null ? id : `${id}: ${refused.status}`));
  return { outbox, shelf, asked, left };
}

describe("the fate of a photo that was not taken", () => {
  it.each([
    ["later", [0, 408, 429, 500, 502, 503, 504]],
    ["sign_in", [401]],
    ["refused", [400, 403, 404, 409, 413, 422]],
  ] as const)("is %s after %s", (fate, statuses) => {
    expect(statuses.map((status) => fateOf(answer(status)))).toEqual(statuses.map(() => fate));
  });

  it("is told to the person where nobody thought of it", () => expect(fateOf(new TypeError("?"))).toBe("refused"));
});

describe("the outbox of a phone", () => {
  it("sends the oldest first, and only its person's", async () => {
    const { outbox, asked, left } = serving();
    for (const one of [photo("2"), photo("3", "na"), photo("1")]) await outbox.keep(one);
    expect((await outbox.step("gang")).map(({ id }) => id)).toEqual(["order-of-1", "order-of-2"]);
    expect([asked, await left()]).toEqual([["1", "2"], ["3"]]);
  });

  it("keeps all where the server is away or failing, and goes on where it stopped", async () => {
    const { outbox, asked, left } = serving(null, answer(0), answer(503));
    for (const id of ["1", "2", "3"]) await outbox.keep(photo(id));
    expect(await outbox.step("gang")).toHaveLength(1);
    expect(await outbox.step("gang")).toHaveLength(0);
    expect(await left()).toEqual(["2", "3"]);
    expect(await outbox.step("gang")).toHaveLength(2);
    expect([asked, await left()]).toEqual([["1", "2", "2", "2", "3"], []]);
  });

  it("keeps all where the session has ended, and says so", async () => {
    const { outbox, left } = serving(answer(401));
    await outbox.keep(photo("1"));
    await expect(outbox.step("gang")).rejects.toMatchObject({ status: 401 });
    expect(await left()).toEqual(["1"]);
    expect(await outbox.step("gang")).toHaveLength(1);
  });

  it("keeps what is refused with the reason, goes on to the next, and sends it again only on demand", async () => {
    const { outbox, asked, left } = serving(answer(409));
    for (const id of ["1", "2"]) await outbox.keep(photo(id));
    expect(await outbox.step("gang")).toHaveLength(1);
    expect(await left()).toEqual(["1: 409"]);
    expect(await outbox.step("gang")).toEqual([]);
    expect(await outbox.step("gang", "1")).toHaveLength(1);
    expect([asked, await left()]).toEqual([["1", "2", "1"], []]);
  });

  it("keeps a draft until it is sent off", async () => {
    const { outbox, asked } = serving();
    await outbox.keep({ ...photo("1"), draft: true });
    expect(await outbox.step("gang")).toEqual([]);
    await outbox.amend("1", { draft: false, place: { lat: 31, lon: 121 } });
    expect(await outbox.step("gang")).toHaveLength(1);
    expect(asked).toEqual(["1"]);
  });

  it("does not bring back by a late change what was dropped", async () => {
    const { outbox, left } = serving();
    await outbox.keep(photo("1"));
    await outbox.drop("1");
    await outbox.amend("1", { place: { lat: 31, lon: 121 } });
    expect(await left()).toEqual([]);
  });

  it("does not keep a photo that was dropped while the server refused it", async () => {
    const shelf = new MemoryShelf();
    const outbox = new Outbox(shelf, async ({ id }) => {
      await shelf.drop(id);
      throw answer(409);
    });
    await outbox.keep(photo("1"));
    await outbox.step("gang");
    expect(await shelf.all()).toEqual([]);
  });

  it("sends a photo once, however often it is asked to at once", async () => {
    const { outbox, asked } = serving();
    await outbox.keep(photo("1"));
    await Promise.all([outbox.step("gang"), outbox.step("gang"), outbox.step("gang")]);
    expect(asked).toEqual(["1"]);
  });

  it("says where there is no room", async () => {
    const outbox = new Outbox(new MemoryShelf(1), async () => ({}) as WorkOrder);
    await outbox.keep(photo("1"));
    await expect(outbox.keep(photo("2"))).rejects.toMatchObject({ name: "QuotaExceededError" });
  });
});
