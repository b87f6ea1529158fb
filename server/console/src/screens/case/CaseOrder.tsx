import type { WorkOrder } from "../../api/types";
import { useSpeech } from "../../i18n/language";
import { Moment } from "../../parts/Moment";

export function CaseOrder({ order }: { order: WorkOrder }) {
  const { t, code } = useSpeech();
  const moments = [
    ["order.dispatched", order.dispatched_at],
    ["order.due", order.due_at],
    ["order.accepted", order.accepted_at],
    ["order.fed_back", order.fed_back_at],
    ["order.closed", order.closed_at],
  ] as const;
  return (
    <section className="card">
      <h2>{t("order.title", { number: order.number })}</h2>
      <dl className="facts">
        <dt>{t("order.crew")}</dt>
        <dd>{order.assignee_name}{order.assignee_left && ` ${t("order.left")}`}</dd>
        {moments.map(([name, at]) => at !== null && (
          <div key={name} className="fact">
            <dt>{t(name)}</dt>
            <dd>
              <Moment at={at} />
              {name === "order.due" && order.due_estimated && ` ${t("order.due_estimated")}`}
            </dd>
          </div>
        ))}
        {order.outcome !== null && (
          <>
            <dt>{t("order.outcome")}</dt>
            <dd>{code("closed", order.outcome)}</dd>
          </>
        )}
        {order.send_backs > 0 && (
          <>
            <dt>{t("order.send_backs")}</dt>
            <dd>{order.send_backs}{order.send_back_reason !== null && ` · ${order.send_back_reason}`}</dd>
          </>
        )}
      </dl>
    </section>
  );
}
