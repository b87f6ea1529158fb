import { describe, expect, it } from "vitest";
import { CATALOGUES, fill, textOfCode } from "./catalogue";

describe("a catalogue", () => {
  it("fills the placeholders that are given and leaves the others standing", () => {
    expect(fill(CATALOGUES.en, "queue.seen", { sightings: 3, passes: 2 })).toBe("seen 3×, passes: 2");
    expect(fill(CATALOGUES.en, "queue.seen", { sightings: 3 })).toBe("seen 3×, passes: {passes}");
  });

  it("gives the bare code where it does not know one", () => {
    expect(textOfCode(CATALOGUES["zh-CN"], "state", "filed")).toBe("已立案");
    expect(textOfCode(CATALOGUES["zh-CN"], "state", "teleported")).toBe("teleported");
  });
});
