import { Link } from "react-router";
import type { WorkOrder } from "../../api/types";
import { useGround } from "../../api/useGround";
import { useTaxonomy } from "../../api/useTaxonomy";
import { useSpeech } from "../../i18n/language";
import { CategoryMark } from "../../parts/CategoryMark";
import { Deadline } from "../../parts/Deadline";
import { StateTag } from "../../parts/StateTag";
import { Kept } from "./Kept";

export function OrderRow({ order }: { order: WorkOrder }) {
  const { t } = useSpeech();
  const { nameOf } = useTaxonomy();
  const { gridName } = useGround();
  return (
    <tr>
      <th scope="row">
        <Link to={`/cases/${order.case_id}`}><CategoryMark category={order.category} /> {nameOf(order.category)} #{order.case_number}</Link>
      </th>
      <td>{order.state === "closed" ? <Kept order={order} /> : <Deadline due_at={order.due_at} />}</td>
      <td>{order.outcome === "suspended" ? <StateTag state="suspended" /> : <StateTag state={order.state} closeReason={order.outcome} />}</td>
      <td><bdi>{order.assignee_name}</bdi>{order.assignee_left && <em> {t("order.left")}</em>}</td>
      <td>{gridName(order.grid_id)}</td>
    </tr>
  );
}
