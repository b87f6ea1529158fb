import { useSyncExternalStore } from "react";
import { timeNow, whenPutRight } from "./clock";

export const STEP_MS = 20_000;

const listening = new Set<() => void>();
let read_ms = -Infinity;
let stop = (): void => undefined;

function read(): void {
  read_ms = timeNow();
  for (const hear of listening) hear();
}

function listen(hear: () => void): () => void {
  if (listening.size === 0) {
    const timer = setInterval(read, STEP_MS);
    const unhear = whenPutRight(read);
    stop = () => {
      clearInterval(timer);
      unhear();
    };
  }
  listening.add(hear);
  return () => {
    listening.delete(hear);
    if (listening.size === 0) stop();
  };
}

/** The server's time as it was read last: all are told the same one. */
function lastRead(): number {
  const now_ms = timeNow();
  if (Math.abs(now_ms - read_ms) >= STEP_MS) read_ms = now_ms;
  return read_ms;
}

/**
 * What is told of the present moment. One clock ticks for all who tell, every 20 s and when it is put right; who tells is
 * drawn anew only where what it tells is another. `told` answers from the time by the server's clock alone.
 */
export function useOfNow<T extends string | number | boolean>(told: (now_ms: number) => T): T {
  return useSyncExternalStore(listen, () => told(lastRead()));
}
