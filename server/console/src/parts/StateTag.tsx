import { stateColour } from "../app/theme";
import { useSpeech } from "../i18n/language";

/** A case's state in its colour; a closed case says why it closed, since closed is not fixed. */
export function StateTag({ state, closeReason = null }: { state: string; closeReason?: string | null }) {
  const { code } = useSpeech();
  const text = closeReason === null ? code("state", state) : code("closed", closeReason);
  const colour = closeReason !== null && closeReason !== "fixed" ? stateColour("suspended") : stateColour(state);
  return <span className="state-tag" style={{ color: colour, borderColor: `${colour}55`, background: `${colour}12` }}>{text}</span>;
}
