import { useHeirs } from "../api/useHeirs";
import { useSpeech } from "../i18n/language";
import { ordersOf } from "../parts/heirs";

/** Beside the name of the list of work orders: how many of them people left behind. */
export function LeftBehindCount() {
  const { t } = useSpeech();
  const count = ordersOf(useHeirs(true).data ?? []);
  if (count === 0) return null;
  const said = t("orders.left_behind", { count });
  return <span className="nav-count" role="img" aria-label={said} title={said}>{count}</span>;
}
