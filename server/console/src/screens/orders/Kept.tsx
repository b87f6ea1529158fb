import type { WorkOrder } from "../../api/types";
import { spanText } from "../../format/time";
import { useSpeech } from "../../i18n/language";
import { Moment } from "../../parts/Moment";

/** Whether a closed order was fixed in time, or how late; of one that was not fixed, when it was closed. */
export function Kept({ order: { outcome, fed_back_at, closed_at, due_at } }: { order: WorkOrder }) {
  const { t, language } = useSpeech();
  if (outcome !== "fixed" || fed_back_at === null) return closed_at === null ? null : <Moment at={closed_at} />;
  const late_ms = Date.parse(fed_back_at) - Date.parse(due_at);
  if (late_ms <= 0) return <span className="deadline">{t("assessment.in_time")}</span>;
  return <span className="deadline late">{t("deadline.late", { span: spanText(late_ms, language) })}</span>;
}
