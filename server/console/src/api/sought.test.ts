import { describe, expect, it } from "vitest";
import { soughtIn } from "./sought";

const ID = "0199d2c4-7a10-7c3e-9f55-3d2b8a6f0e11";
const TOKEN = "pZ7nC2b0m8o3V1y5uKx9QdLr4eHsTtWfGjAiRkYvE6M";

describe("what somebody looks for", () => {
  it.each(["117", " 117\n", "#117", "# 117", "＃１１７", "1 1 7", "\u30001\u00a017", "00117", "№ 117", "No.117", "CASE 117", "case #117", "\u6848\u4ef6 117 \u53f7", "(117)"])(
    "is a number, however it is written: %s",
    (words) => expect(soughtIn(words)).toEqual({ number: 117 }),
  );

  it("may be a long number, also with commas", () => {
    expect(soughtIn("1,250,117")).toEqual({ number: 1_250_117 });
    expect(soughtIn("999999999999999")).toEqual({ number: 999_999_999_999_999 });
  });

  it.each([`http://desk/#/cases/${ID}`, `https://desk/#/cases/${ID.toUpperCase()}`, `http://desk/#/queue?state=filed&case=${ID}`, ` /cases/${ID} `])(
    "is the case of a pasted address: %s",
    (words) => expect(soughtIn(words)).toEqual({ page: `/cases/${ID}` }),
  );

  it("is the work order or the report of a pasted address", () => {
    for (const path of [`work/${ID}`, `review?order=${ID}`]) expect(soughtIn(`http://desk/#/${path}`)).toEqual({ order: ID });
    expect(soughtIn(`http://desk/#/report/${TOKEN}`)).toEqual({ page: `/report/${TOKEN}` });
  });

  it.each(["", " ", "litter", "12 or 13", "31.23, 121.47", "1234567890123456", "http://desk/#/queue", `http://desk/#/report/${TOKEN}x`])(
    "is nothing where the words tell of none: %s",
    (words) => expect(soughtIn(words)).toBeNull(),
  );
});
