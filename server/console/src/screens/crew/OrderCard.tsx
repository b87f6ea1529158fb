import { RightOutlined } from "@ant-design/icons";
import { Link } from "react-router";
import type { WorkOrder } from "../../api/types";
import { useGround } from "../../api/useGround";
import { useTaxonomy } from "../../api/useTaxonomy";
import { useSpeech } from "../../i18n/language";
import { CategoryMark } from "../../parts/CategoryMark";
import { Deadline } from "../../parts/Deadline";
import { Picture } from "../../parts/Picture";
import { StateTag } from "../../parts/StateTag";

export function OrderCard({ order }: { order: WorkOrder }) {
  const { t } = useSpeech();
  const { nameOf } = useTaxonomy();
  const { gridName } = useGround();
  const name = nameOf(order.category);
  const picture = order.before.find(({ available }) => available);
  const open = order.state === "dispatched" || order.state === "handling";
  return (
    <Link className="order-card" to={`/work/${order.id}`}>
      <Picture sha256={picture?.sha256 ?? null} alt={t("picture.of", { what: name })} />
      <span className="order-what">
        <b><CategoryMark category={order.category} /> {name}</b>
        <span>{gridName(order.grid_id)}</span>
        {open ? <Deadline due_at={order.due_at} /> : <span>{t("order.number", { number: order.number })}</span>}
      </span>
      <span className="order-state">
        <StateTag state={order.state} closeReason={order.state === "closed" ? order.outcome : null} />
        {order.send_backs > 0 && open && <em>{t("work.sent_back")}</em>}
        <RightOutlined aria-hidden />
      </span>
    </Link>
  );
}
