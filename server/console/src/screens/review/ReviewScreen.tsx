import "./review.css";
import { Empty, Spin } from "antd";
import { useCallback, useEffect } from "react";
import { useSearchParams } from "react-router";
import { useWorkOrders } from "../../api/useWorkOrders";
import { useSpeech } from "../../i18n/language";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { useKeys } from "../../parts/useKeys";
import { ReviewList } from "./ReviewList";
import { ReviewSheet } from "./ReviewSheet";

/** What waits for approval: the list on the left, before and after side by side on the right. */
export function ReviewScreen() {
  const { t } = useSpeech();
  const [params, setParams] = useSearchParams();
  const orders = useWorkOrders({ states: ["fed_back"] });
  const items = orders.data?.pages.flatMap((page) => page.items) ?? [];
  const asked = params.get("order");
  const at = items.findIndex(({ id }) => id === asked);
  const one = items[Math.max(at, 0)];

  const choose = useCallback((id: string) => setParams({ order: id }, { replace: true }), [setParams]);
  const step = (by: number) => {
    const next = items[Math.max(at, 0) + by];
    if (next !== undefined) choose(next.id);
  };
  useKeys({ j: () => step(1), k: () => step(-1) });
  useEffect(() => {
    if (one !== undefined && one.id !== asked) choose(one.id);
  }, [one, asked, choose]);

  if (orders.error !== null) return <ProblemNotice error={orders.error} again={() => void orders.refetch()} />;
  if (orders.isPending) return <Spin className="whole-page" />;
  if (one === undefined) return <Empty className="queue-empty" description={t("review.empty")} />;
  return (
    <div className="review">
      <ReviewList orders={items} chosen={one.id} onChoose={choose} {...(orders.hasNextPage && { onMore: () => void orders.fetchNextPage() })} />
      <ReviewSheet key={one.id} order={one} />
    </div>
  );
}
