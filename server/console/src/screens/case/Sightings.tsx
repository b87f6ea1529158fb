import type { Observation } from "../../api/types";
import { useSpeech } from "../../i18n/language";
import { Sighting } from "./Sighting";

export function Sightings({ observations }: { observations: readonly Observation[] }) {
  const { t } = useSpeech();
  const newestFirst = [...observations].sort((a, b) => Date.parse(b.seen_at) - Date.parse(a.seen_at));
  return (
    <section aria-label={t("case.seen")} className="sightings">
      {newestFirst.map((seen) => <Sighting key={seen.id} seen={seen} />)}
    </section>
  );
}
