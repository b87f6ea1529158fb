import { useNow } from "../format/useNow";
import { useSpeech } from "../i18n/language";
import { Moment } from "../parts/Moment";
import { endOf, type Unsent } from "./shelf";

/** Until when something is kept on this phone. */
export function KeptUntil({ one }: { one: Unsent }) {
  const { t } = useSpeech();
  const end_ms = endOf(one);
  useNow(60_000);
  // By this phone's own clock, as its id was made.
  if (Date.now() >= end_ms) return t("unsent.over");
  return <>{t("unsent.until")} <Moment at={new Date(end_ms).toISOString()} /></>;
}
