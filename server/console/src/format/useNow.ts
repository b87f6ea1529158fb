import { useEffect, useState } from "react";
import { timeNow, whenPutRight } from "./clock";

/** The server's clock, read again every `step_ms`, for ages and countdowns. */
export function useNow(step_ms = 20_000): number {
  const [now_ms, setNow] = useState(timeNow);
  useEffect(() => {
    const read = () => setNow(timeNow());
    const timer = setInterval(read, step_ms);
    const stop = whenPutRight(read);
    return () => {
      clearInterval(timer);
      stop();
    };
  }, [step_ms]);
  return now_ms;
}
