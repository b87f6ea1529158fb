import { Tooltip } from "antd";
import { useTaxonomy } from "../api/useTaxonomy";
import { momentText, spanText, urgency } from "../format/time";
import { useNow } from "../format/useNow";
import { useSpeech } from "../i18n/language";

/** How long is left, or how long it is late. */
export function Deadline({ due_at }: { due_at: string }) {
  const { t, language } = useSpeech();
  const { timeZone } = useTaxonomy();
  const now_ms = useNow();
  const due_ms = Date.parse(due_at);
  const press = urgency(due_ms, now_ms);
  const text = t(press === "late" ? "deadline.late" : "deadline.left", { span: spanText(due_ms - now_ms, language) });
  return (
    <Tooltip title={t("deadline.at", { at: momentText(due_ms, now_ms, language, timeZone) })}>
      <time className={`deadline ${press}`} dateTime={due_at}>{text}</time>
    </Tooltip>
  );
}
