import { Problem } from "../api/problem";
import type { WorkOrder } from "../api/types";
import type { Change, Shelf, Unsent } from "./shelf";

/** What becomes of a photo that the server did not take. */
export type Fate = "later" | "sign_in" | "refused";

const PASSING: readonly number[] = [0, 408, 429];

export function fateOf(error: unknown): Fate {
  if (!(error instanceof Problem)) return "refused";
  if (error.status === 401) return "sign_in";
  return PASSING.includes(error.status) || error.status >= 500 ? "later" : "refused";
}

/** Sends what waits, the oldest first, and lets go of a photo only once the server has it or a person says so. */
export class Outbox {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly shelf: Shelf,
    /** Rejects where the server did not take it. */
    private readonly send: (one: Unsent) => Promise<WorkOrder>,
  ) {}

  all = (): Promise<Unsent[]> => this.shelf.all();
  of = async (person_id: string): Promise<Unsent[]> => (await this.all()).filter((one) => one.person_id === person_id);
  keep = (one: Unsent): Promise<void> => this.shelf.put(one);
  amend = (id: string, change: Change): Promise<void> => this.shelf.amend(id, change);
  drop = (id: string): Promise<void> => this.shelf.drop(id);

  /**
   * Sends this person's photos, one call after the other, and answers with the orders that they were of. A draft, and what
   * the server refused before, is sent only where it is the one that is asked for. Stops at the first that has to wait; rejects
   * where the session has ended.
   */
  step(person_id: string, anew: string | null = null): Promise<WorkOrder[]> {
    const mine = this.turn.then(() => this.sendAll(person_id, anew));
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private async sendAll(person_id: string, anew: string | null): Promise<WorkOrder[]> {
    const sent: WorkOrder[] = [];
    for (const one of await this.of(person_id)) {
      if ((one.draft || one.refused !== null) && one.id !== anew) continue;
      try {
        sent.push(await this.send(one));
      } catch (error) {
        const fate = fateOf(error);
        if (fate === "sign_in") throw error;
        if (fate === "later") return sent;
        const { status, code, message } = error instanceof Problem ? error : new Problem(0, "unexpected", String(error));
        await this.shelf.amend(one.id, { refused: { status, code, message } });
        continue;
      }
      await this.shelf.drop(one.id);
    }
    return sent;
  }
}
