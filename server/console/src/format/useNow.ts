import { useEffect, useState } from "react";

/** The clock, read again every `step_ms`, for ages and countdowns. */
export function useNow(step_ms = 20_000): number {
  const [now_ms, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), step_ms);
    return () => clearInterval(timer);
  }, [step_ms]);
  return now_ms;
}
