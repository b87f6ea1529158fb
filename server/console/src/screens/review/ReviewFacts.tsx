import type { WorkOrder } from "../../api/types";
import { useGround } from "../../api/useGround";
import { spanText } from "../../format/time";
import { useSpeech } from "../../i18n/language";
import { Moment } from "../../parts/Moment";

export function ReviewFacts({ order }: { order: WorkOrder }) {
  const { t, language } = useSpeech();
  const { gridName } = useGround();
  const took_ms = order.fed_back_at === null ? null : Date.parse(order.fed_back_at) - Date.parse(order.dispatched_at);
  const late = order.fed_back_at !== null && Date.parse(order.fed_back_at) > Date.parse(order.due_at);
  return (
    <dl className="card review-facts">
      <div><dt>{t("order.crew")}</dt><dd>{order.assignee_name}{order.assignee_left && ` ${t("order.left")}`}</dd></div>
      <div><dt>{t("case.grid")}</dt><dd>{gridName(order.grid_id)}</dd></div>
      <div><dt>{t("order.dispatched")}</dt><dd><Moment at={order.dispatched_at} /></dd></div>
      <div>
        <dt>{t("review.took")}</dt>
        <dd className={late ? "alarming" : undefined}>
          {took_ms === null ? "—" : spanText(took_ms, language)} {t(late ? "review.late" : "review.in_time")}
        </dd>
      </div>
      <div>
        <dt>{t("review.since")}</dt>
        <dd className={order.seen_since_feedback > 0 ? "alarming" : undefined}>
          {order.seen_since_feedback > 0 ? t("review.seen_since", { count: order.seen_since_feedback }) : t("review.not_seen_since")}
        </dd>
      </div>
      {order.send_backs > 0 && (
        <div><dt>{t("order.send_backs")}</dt><dd className="alarming">{order.send_backs}{order.send_back_reason !== null && ` · ${order.send_back_reason}`}</dd></div>
      )}
    </dl>
  );
}
