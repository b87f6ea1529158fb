import { Button } from "antd";
import type { WorkOrder } from "../../api/types";
import { useGround } from "../../api/useGround";
import { useTaxonomy } from "../../api/useTaxonomy";
import { useSpeech } from "../../i18n/language";
import { Age } from "../../parts/Age";
import { CategoryMark } from "../../parts/CategoryMark";
import { Deadline } from "../../parts/Deadline";

interface Props {
  orders: readonly WorkOrder[];
  chosen: string;
  onChoose: (id: string) => void;
  onMore?: () => void;
}

export function ReviewList({ orders, chosen, onChoose, onMore }: Props) {
  const { t } = useSpeech();
  const { nameOf } = useTaxonomy();
  const { gridName } = useGround();
  return (
    <section className="review-list" aria-labelledby="review-title">
      <h1 id="review-title">{t("review.title")} <span className="count">{orders.length}{onMore !== undefined && "+"}</span></h1>
      <ul>
        {orders.map((order) => (
          <li key={order.id}>
            <button type="button" aria-current={order.id === chosen} onClick={() => onChoose(order.id)}>
              <span className="review-name"><CategoryMark category={order.category} /> <b>{nameOf(order.category)}</b><span className="number">#{order.case_number}</span></span>
              <span className="review-where">{gridName(order.grid_id)} · {order.assignee_name}</span>
              <span className="review-when">
                {order.fed_back_at !== null && <span>{t("review.fed_back")} <Age since={order.fed_back_at} /></span>}
                <Deadline due_at={order.due_at} />
              </span>
            </button>
          </li>
        ))}
      </ul>
      {onMore !== undefined && <Button block type="text" onClick={onMore}>{t("queue.more")}</Button>}
    </section>
  );
}
