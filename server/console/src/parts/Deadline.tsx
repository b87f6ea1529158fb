import { timeNow } from "../format/clock";
import { momentText, spanText, urgency } from "../format/time";
import { useOfNow } from "../format/useOfNow";
import { useZone } from "../format/zone";
import { useSpeech } from "../i18n/language";

/** How long is left, or how long it is late. */
export function Deadline({ due_at }: { due_at: string }) {
  const { t, language } = useSpeech();
  const zone = useZone();
  const due_ms = Date.parse(due_at);
  const press = useOfNow((now_ms) => urgency(due_ms, now_ms));
  const span = useOfNow((now_ms) => spanText(due_ms - now_ms, language));
  return (
    <time className={`deadline ${press}`} dateTime={due_at} title={t("deadline.at", { at: momentText(due_ms, timeNow(), language, zone) })}>
      {t(press === "late" ? "deadline.late" : "deadline.left", { span })}
    </time>
  );
}
