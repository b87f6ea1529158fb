import { stateColour } from "../app/theme";
import { useSpeech } from "../i18n/language";

/** A case's state in its colour; a closed case says why it closed, since closed is not fixed. */
export function StateTag({ state, closeReason = null }: { state: string; closeReason?: string | null }) {
  const { code } = useSpeech();
  const text = closeReason === null ? code("state", state) : code("closed", closeReason);
  const colour = closeReason !== null && closeReason !== "fixed" ? stateColour("suspended") : stateColour(state);
  // As text the map's colours would be too pale to read: darker, they have a contrast of 4.5 and more.
  const ink = `color-mix(in srgb, ${colour} 72%, black)`;
  return <span className="state-tag" style={{ color: ink, borderColor: `${colour}55`, background: `${colour}12` }}>{text}</span>;
}
