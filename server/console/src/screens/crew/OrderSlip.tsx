import type { WorkOrder } from "../../api/types";
import { useGround } from "../../api/useGround";
import { useSpeech } from "../../i18n/language";
import { Moment } from "../../parts/Moment";

/** What a work order on paper has to tell, where nothing can be opened: whose it is, by when, and where it stands. */
export function OrderSlip({ order }: { order: WorkOrder }) {
  const { t } = useSpeech();
  const { gridName } = useGround();
  return (
    <dl className="facts on-paper">
      <dt>{t("orders.order")}</dt>
      <dd>#{order.case_number}</dd>
      <dt>{t("order.crew")}</dt>
      <dd>{order.assignee_name}</dd>
      <dt>{t("case.grid")}</dt>
      <dd>{gridName(order.grid_id)}</dd>
      <dt>{t("order.dispatched")}</dt>
      <dd><Moment at={order.dispatched_at} /></dd>
      <dt>{t("order.due")}</dt>
      <dd><b><Moment at={order.due_at} /></b></dd>
      <dt>{t("order.address")}</dt>
      <dd>{window.location.href}</dd>
    </dl>
  );
}
