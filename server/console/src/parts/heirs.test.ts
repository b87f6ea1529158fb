import { describe, expect, it } from "vitest";
import { ordersOf, ordersThatGo } from "./heirs";

const na = { person: { id: "1", name: "na", display: "李娜" }, orders: 3 };
const nobody = { person: null, orders: 2 };

describe("orders that were left behind", () => {
  it("are all counted, and apart those for which somebody is on duty", () => {
    expect([ordersOf([na, nobody]), ordersThatGo([na, nobody])]).toEqual([5, 3]);
    expect([ordersOf([]), ordersThatGo([nobody])]).toEqual([0, 0]);
  });
});
