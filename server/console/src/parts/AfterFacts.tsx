import type { AfterPhoto } from "../api/types";
import { metres } from "../format/place";
import { useSpeech } from "../i18n/language";
import { Moment } from "./Moment";

/** When and how near an after-photo was taken, as far as the phone said. */
export function AfterFacts({ after }: { after: AfterPhoto }) {
  const { t } = useSpeech();
  return (
    <span className="after-facts">
      {after.taken_at !== null ? (
        <>{t("after.taken")} <Moment at={after.taken_at} /></>
      ) : (
        <>{t("after.uploaded")} <Moment at={after.uploaded_at} /></>
      )}
      {" · "}
      {after.distance_m === null ? t("after.no_place") : t("after.distance", { distance: metres(after.distance_m) })}
    </span>
  );
}
