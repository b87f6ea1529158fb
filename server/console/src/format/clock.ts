/** So far the clocks of phones and servers that are right may be apart, with what an answer takes on its way. */
const SLACK_MS = 60_000;

let ahead_ms = 0;
const listening = new Set<() => void>();

/** What the server says that the time is, as an answer of it comes in. */
export function hearServersTime(server_ms: number, here_ms: number = Date.now()): void {
  const apart_ms = server_ms - here_ms;
  const before_ms = ahead_ms;
  ahead_ms = Math.abs(apart_ms) > SLACK_MS ? apart_ms : 0;
  if (Math.abs(ahead_ms - before_ms) > SLACK_MS) for (const hear of listening) hear();
}

/** Tells when the clock was put right; gives the way to stop that. */
export function whenPutRight(hear: () => void): () => void {
  listening.add(hear);
  return () => void listening.delete(hear);
}

/** The time by the server's clock: deadlines are its, and this one may be wrong by hours. */
export const timeNow = (): number => Date.now() + ahead_ms;
