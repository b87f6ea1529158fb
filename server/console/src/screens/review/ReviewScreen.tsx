import "./review.css";
import { Empty, Spin } from "antd";
import { useCallback, useLayoutEffect, useRef } from "react";
import { useSearchParams } from "react-router";
import { inTheWay } from "../../api/problem";
import { useWorkOrders } from "../../api/useWorkOrders";
import { useSpeech, useTitle } from "../../i18n/language";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { useKeys } from "../../parts/useKeys";
import { ReviewList } from "./ReviewList";
import { ReviewSheet } from "./ReviewSheet";
import { usePicturesAhead } from "./usePicturesAhead";

/** What waits for approval: the list on the left, before and after side by side on the right. */
export function ReviewScreen() {
  const { t } = useSpeech();
  useTitle(t("nav.review"));
  const [params, setParams] = useSearchParams();
  const orders = useWorkOrders({ states: ["fed_back"] });
  const items = (orders.data?.pages.flatMap((page) => page.items) ?? []).filter(({ state }) => state === "fed_back");
  const asked = params.get("order");
  const place = useRef(0);
  const found = items.findIndex(({ id }) => id === asked);
  // Where the asked one was judged, the next one has come to its place.
  const at = found >= 0 ? found : Math.max(Math.min(place.current, items.length - 1), 0);
  const one = items[at];
  usePicturesAhead(items[at + 1]);

  // At once: while the address is still to come, news of the list would choose what was chosen before.
  const choose = useCallback((id: string) => setParams({ order: id }, { replace: true, flushSync: true }), [setParams]);
  const step = (by: number) => {
    const next = items[at + by];
    if (next !== undefined) choose(next.id);
  };
  useKeys({ j: () => step(1), k: () => step(-1) });
  // In the same moment in which it is shown, so that a key that is pressed then finds the address told already.
  useLayoutEffect(() => {
    place.current = at;
    if (one !== undefined && one.id !== asked) choose(one.id);
  }, [one, at, asked, choose]);

  const problem = inTheWay(orders);
  if (problem !== null) return <ProblemNotice error={problem} again={() => void orders.refetch()} />;
  if (orders.isPending) return <Spin className="whole-page" />;
  if (one === undefined) return <Empty className="nothing" description={t("review.empty")} />;
  return (
    <div className="review">
      <ReviewList orders={items} chosen={one.id} onChoose={choose} {...(orders.hasNextPage && { onMore: () => void orders.fetchNextPage() })} />
      <ReviewSheet key={one.id} order={one} />
    </div>
  );
}
