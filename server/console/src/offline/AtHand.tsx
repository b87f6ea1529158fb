import { useAtHand } from "./useAtHand";

export function AtHand() {
  useAtHand();
  return null;
}
