import "./orders.css";
import { CloseOutlined } from "@ant-design/icons";
import { Button, Empty, Segmented, Select, Skeleton } from "antd";
import { inTheWay } from "../../api/problem";
import { useGround } from "../../api/useGround";
import { useWorkOrders } from "../../api/useWorkOrders";
import { useSpeech, useTitle } from "../../i18n/language";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { LeftBehind } from "./LeftBehind";
import { OrderRow } from "./OrderRow";
import { useOrderFilter, WHICH } from "./useOrderFilter";

/** The work orders of all crews, the most pressing first or the last closed, and what to do with those of people who have left. */
export function OrdersScreen() {
  const { t, code } = useSpeech();
  useTitle(t("nav.orders"));
  const { grids, gridName } = useGround();
  const { which, grid, assignee, filter, choose } = useOrderFilter();
  const orders = useWorkOrders(filter);
  const items = orders.data?.pages.flatMap((page) => page.items) ?? [];
  const problem = inTheWay(orders);
  const theirs = items[0]?.assignee_name;
  return (
    <section className="orders" aria-labelledby="orders-title">
      <h1 id="orders-title">
        {t("nav.orders")} <span className="count" aria-live="polite">{orders.data !== undefined && (orders.hasNextPage ? t("queue.at_least", { count: items.length }) : items.length)}</span>
      </h1>
      <div className="orders-filters">
        <Segmented
          value={which} aria-label={t("orders.which")}
          options={WHICH.map((value) => ({ value, label: code("orders_which", value) }))}
          onChange={(value) => choose({ which: value })}
        />
        <Select
          allowClear aria-label={t("queue.by_grid")} placeholder={t("queue.every_grid")} value={grid}
          options={grids.map((id) => ({ value: id, label: gridName(id) }))}
          onChange={(value) => choose({ grid: value ?? null })}
        />
        {assignee !== null && (
          <Button icon={<CloseOutlined aria-hidden />} iconPlacement="end" onClick={() => choose({ assignee: null })}>
            {theirs === undefined ? t("orders.of_everybody") : t("orders.only_of", { name: theirs })}
          </Button>
        )}
      </div>
      <LeftBehind shown={which === "left"} show={() => choose({ which: "left", grid: null, assignee: null })} />
      {problem !== null && <ProblemNotice error={problem} again={() => void orders.refetch()} />}
      {orders.isPending && <Skeleton active paragraph={{ rows: 8 }} />}
      {orders.data !== undefined && items.length === 0 && <Empty className="nothing" description={code("orders_empty", which)} />}
      {items.length > 0 && (
        <div className="table-frame" role="region" aria-labelledby="orders-title" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("orders.order")}</th>
                <th scope="col">{t("order.due")}</th>
                <th scope="col">{t("orders.state")}</th>
                <th scope="col">{t("order.crew")}</th>
                <th scope="col">{t("case.grid")}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((order) => <OrderRow key={order.id} order={order} />)}
            </tbody>
          </table>
        </div>
      )}
      {orders.hasNextPage && <Button block onClick={() => void orders.fetchNextPage()}>{t("queue.more")}</Button>}
    </section>
  );
}
