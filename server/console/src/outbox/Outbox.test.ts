import { describe, expect, it } from "vitest";
import { Problem } from "../api/problem";
import { fateOf, Outbox } from "./Outbox";
import { newId } from "../api/newId";
import { endOf, MemoryShelf, NOBODY, type UnsentPhoto, type UnsentReport } from "./shelf";

const photo = (id: string, person_id = "gang"): UnsentPhoto => ({
  id, person_id, order_id: `order-of-${id}`, order_number: 1, category: "litter", photo: new ArrayBuffer(1), media_type: "image/jpeg",
  taken_at: "2026-11-27T01:00:00Z", draft: false, place: null, refused: null,
});
const report = (id: string): UnsentReport => ({
  id, person_id: NOBODY, token: `token-of-${id}`, category: "litter", photo: new ArrayBuffer(1), media_type: "image/jpeg",
  taken_at: "2026-11-27T01:00:00Z", draft: false, place: null, pinned: null, phone: "", language: "zh-CN", refused: null,
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
    return one.id;
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
    expect(await outbox.step("gang")).toEqual(["1", "2"]);
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
    await outbox.amend("1", { draft: false, place: { lat: 31, lon: 121, accuracy_m: 8 } });
    expect(await outbox.step("gang")).toHaveLength(1);
    expect(asked).toEqual(["1"]);
  });

  it("does not bring back by a late change what was dropped", async () => {
    const { outbox, left } = serving();
    await outbox.keep(photo("1"));
    await outbox.drop("1");
    await outbox.amend("1", { place: { lat: 31, lon: 121, accuracy_m: 8 } });
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

  it("deletes what is past its end, a report after a day and a photo of a result after 14, and only of those who are meant", async () => {
    const HOUR_MS = 3600_000;
    const [id, later] = [newId(0), newId(HOUR_MS)];
    const { outbox, left } = serving();
    const photos = [photo(id), photo(later), photo(newId(0), "na")];
    for (const one of [...photos, report(newId(0))]) await outbox.keep(one);
    const of = (...people: string[]) => (person_id: string) => people.includes(person_id);
    expect(await outbox.expire(24 * HOUR_MS - 1, () => true)).toBe(0);
    expect(await outbox.expire(24 * HOUR_MS, of("gang", NOBODY))).toBe(1);
    expect(await outbox.expire(endOf(photo(id)), of("gang"))).toBe(1);
    expect(endOf(photo(id))).toBe(14 * 24 * HOUR_MS);
    expect(await left()).toHaveLength(2);
    expect(await outbox.step("gang")).toEqual([later]);
  });

  it("sends a report of nobody, and of nobody else", async () => {
    const { outbox, asked } = serving();
    await outbox.keep(report("1"));
    await outbox.step("gang");
    expect(asked).toEqual([]);
    expect(await outbox.step(NOBODY)).toEqual(["1"]);
  });

  it("says where there is no room", async () => {
    const outbox = new Outbox(new MemoryShelf(1), async () => null);
    await outbox.keep(photo("1"));
    await expect(outbox.keep(photo("2"))).rejects.toMatchObject({ name: "QuotaExceededError" });
  });
});
