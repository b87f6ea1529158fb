import { Problem } from "../api/problem";
import { type Change, endOf, type Shelf, type Unsent } from "./shelf";

/** What becomes of what the server did not take. */
export type Fate = "later" | "sign_in" | "refused";

const PASSING: readonly number[] = [0, 408, 429];

export function fateOf(error: unknown): Fate {
  if (!(error instanceof Problem)) return "refused";
  if (error.status === 401) return "sign_in";
  return PASSING.includes(error.status) || error.status >= 500 ? "later" : "refused";
}

/**
 * Sends what waits, the oldest first, and lets go of it only once the server has it, a person says so, or its time is over
 * and nobody is there who could send it.
 */
export class Outbox<Answer> {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly shelf: Shelf,
    /** Rejects where the server did not take it. */
    private readonly send: (one: Unsent) => Promise<Answer>,
  ) {}

  all = (): Promise<Unsent[]> => this.shelf.all();
  of = async (person_id: string): Promise<Unsent[]> => (await this.all()).filter((one) => one.person_id === person_id);
  keep = (one: Unsent): Promise<void> => this.shelf.put(one);
  amend = (id: string, change: Change): Promise<void> => this.shelf.amend(id, change);
  drop = (id: string): Promise<void> => this.shelf.drop(id);

  /** Deletes what is kept past its end, of those of whom this is said; how many that were. */
  async expire(now_ms: number, whose: (person_id: string) => boolean): Promise<number> {
    const over = (await this.all()).filter((one) => whose(one.person_id) && endOf(one) <= now_ms);
    for (const { id } of over) await this.drop(id);
    return over.length;
  }

  /**
   * Sends what is this person's, one call after the other, and answers with what the server did. A draft, and what
   * the server refused before, is sent only where it is the one that is asked for. Stops at the first that has to wait; rejects
   * where the session has ended.
   */
  step(person_id: string, anew: string | null = null): Promise<Answer[]> {
    const mine = this.turn.then(() => this.sendAll(person_id, anew));
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private async sendAll(person_id: string, anew: string | null): Promise<Answer[]> {
    const sent: Answer[] = [];
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
