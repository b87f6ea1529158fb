import "./crew.css";
import { Button, Empty, Segmented, Skeleton } from "antd";
import { Link, useSearchParams } from "react-router";
import { inTheWay } from "../../api/problem";
import type { State } from "../../api/types";
import { useTaxonomy } from "../../api/useTaxonomy";
import { TODO, useWorkOrders } from "../../api/useWorkOrders";
import { useSpeech, useTitle } from "../../i18n/language";
import { AsOf } from "../../offline/AsOf";
import { isPhoto } from "../../outbox/shelf";
import { UnsentCard } from "../../outbox/UnsentCard";
import { useOutbox } from "../../outbox/useOutbox";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { OrderCard } from "./OrderCard";

const TABS = {
  todo: TODO.states,
  waiting: ["fed_back"],
  done: ["closed"],
} as const satisfies Record<string, readonly State[]>;
type Tab = keyof typeof TABS;

/** A crew member's own work orders on a phone, the most pressing first, behind the photos that wait to be sent. */
export function WorkListScreen() {
  const { t, code } = useSpeech();
  useTitle(t("nav.work"));
  const { nameOf } = useTaxonomy();
  const { unsent } = useOutbox();
  const [params, setParams] = useSearchParams();
  const asked = params.get("tab") ?? "todo";
  const tab: Tab = asked in TABS ? (asked as Tab) : "todo";
  const orders = useWorkOrders({ states: TABS[tab], mine: true });
  const items = (orders.data?.pages.flatMap((page) => page.items) ?? []).filter(({ state }) => (TABS[tab] as readonly State[]).includes(state));

  const problem = inTheWay(orders);
  return (
    <div className="crew">
      <h1 className="crew-title">{t("nav.work")}</h1>
      {unsent.filter(isPhoto).map((one) => (
        <UnsentCard key={one.id} one={one}>
          <Link to={`/work/${one.order_id}`}>{nameOf(one.category)} · {t("order.number", { number: one.order_number })}</Link>
        </UnsentCard>
      ))}
      <Segmented<Tab>
        block size="large" value={tab} aria-label={t("work.which")}
        options={(Object.keys(TABS) as Tab[]).map((value) => ({ value, label: code("work_tab", value) }))}
        onChange={(value) => setParams({ tab: value }, { replace: true })}
      />
      <AsOf shown={orders} />
      {problem !== null && <ProblemNotice error={problem} again={() => void orders.refetch()} />}
      {orders.isPending && <Skeleton active paragraph={{ rows: 6 }} />}
      {orders.data !== undefined && items.length === 0 && <Empty className="nothing" description={code("work_empty", tab)} />}
      <ul className="crew-list">
        {items.map((order) => <li key={order.id}><OrderCard order={order} /></li>)}
      </ul>
      {orders.hasNextPage && <Button block size="large" onClick={() => void orders.fetchNextPage()}>{t("queue.more")}</Button>}
    </div>
  );
}
