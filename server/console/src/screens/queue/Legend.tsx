import { stateColour } from "../../app/theme";
import { useSpeech } from "../../i18n/language";
import { STATES } from "./useFilter";

export function Legend() {
  const { t, code } = useSpeech();
  return (
    <ul className="legend" aria-label={t("map.legend")}>
      {STATES.filter((state) => state !== "suspended").map((state) => (
        <li key={state}><i style={{ background: stateColour(state) }} />{code("state", state)}</li>
      ))}
      <li><i className="zone no-parking" />{code("zone", "no_parking")}</li>
      <li><i className="zone" />{code("zone", "pavement")}</li>
    </ul>
  );
}
