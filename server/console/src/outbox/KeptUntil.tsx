import { useOfNow } from "../format/useOfNow";
import { useSpeech } from "../i18n/language";
import { Moment } from "../parts/Moment";
import { endOf, type Unsent } from "./shelf";

/** Until when something is kept on this phone. */
export function KeptUntil({ one }: { one: Unsent }) {
  const { t } = useSpeech();
  const end_ms = endOf(one);
  // By this phone's own clock, as its id was made.
  const over = useOfNow(() => Date.now() >= end_ms);
  if (over) return t("unsent.over");
  return <>{t("unsent.until")} <Moment at={new Date(end_ms).toISOString()} /></>;
}
