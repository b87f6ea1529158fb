import "./crew.css";
import { ArrowLeftOutlined } from "@ant-design/icons";
import { Alert, Button, Spin } from "antd";
import { Link, useParams } from "react-router";
import { inTheWay } from "../../api/problem";
import { useGround } from "../../api/useGround";
import { useTaxonomy } from "../../api/useTaxonomy";
import { useWorkOrder } from "../../api/useWorkOrder";
import { useSpeech, useTitle } from "../../i18n/language";
import { AsOf } from "../../offline/AsOf";
import { CategoryMark } from "../../parts/CategoryMark";
import { Deadline } from "../../parts/Deadline";
import { Moment } from "../../parts/Moment";
import { PictureStage } from "../../parts/PictureStage";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { StateTag } from "../../parts/StateTag";
import { shotOf } from "../../parts/shots";
import { CrewStep } from "./CrewStep";
import { OrderPlace } from "./OrderPlace";
import { OrderSlip } from "./OrderSlip";

/** One job on a phone: what, where, by when, the picture of before, and the next step within the thumb's reach. */
export function WorkOrderScreen() {
  const { t } = useSpeech();
  const { nameOf } = useTaxonomy();
  const { gridName } = useGround();
  const { id = "" } = useParams();
  const found = useWorkOrder(id);
  const order = found.data;
  useTitle(order && `${nameOf(order.category)} #${order.number}`);

  const problem = inTheWay(found);
  if (problem !== null) return <ProblemNotice error={problem} again={() => void found.refetch()} />;
  if (order === undefined) return <Spin className="whole-page" />;
  const [after] = order.after;
  const open = order.state === "dispatched" || order.state === "handling";
  return (
    <div className="crew order">
      <header className="order-head">
        <Link to="/work"><Button type="text" icon={<ArrowLeftOutlined />} aria-label={t("case.back")} /></Link>
        <h1><CategoryMark category={order.category} size={22} /> {nameOf(order.category)}</h1>
        <span className="number">{t("order.number", { number: order.number })}</span>
      </header>
      <AsOf shown={found} />
      <div className="order-press">
        <StateTag state={order.state} closeReason={order.state === "closed" ? order.outcome : null} />
        {open && <Deadline due_at={order.due_at} />}
        {open && <span className="order-due">{t("order.due")} <Moment at={order.due_at} /></span>}
      </div>
      <OrderSlip order={order} />
      {order.state === "handling" && order.send_back_reason !== null && (
        <Alert type="warning" showIcon title={t("work.sent_back_because", { reason: order.send_back_reason })} />
      )}
      {after !== undefined && !open && (
        <section className="card">
          <h2>{t("compare.after")}</h2>
          <PictureStage shots={order.after.map(({ sha256, uploaded_at }) => shotOf({ sha256, role: "after", media_type: "image/jpeg", available: true }, uploaded_at))} />
        </section>
      )}
      <section className="card">
        <h2>{t("compare.before")}</h2>
        <PictureStage shots={order.before.map((picture) => shotOf(picture, null))} />
      </section>
      <section className="card">
        <h2>{t("work.where")} · {gridName(order.grid_id)}</h2>
        <OrderPlace order={order} />
      </section>
      <CrewStep order={order} />
    </div>
  );
}
