import type { WorkOrder } from "../../api/types";
import { useSpeech } from "../../i18n/language";
import { AfterFacts } from "../../parts/AfterFacts";
import { Picture } from "../../parts/Picture";

/** What the crew sent as the result, beside the best picture of before. */
export function Outcome({ order }: { order: WorkOrder }) {
  const { t } = useSpeech();
  const [after] = order.after;
  const before = order.before.find(({ available }) => available);
  if (after === undefined) return null;
  return (
    <section className="card sighting">
      <header><b>{t("outcome.title")}</b><AfterFacts after={after} /></header>
      <div className="sighting-pictures">
        <figure>
          <Picture sha256={before?.sha256 ?? null} alt={t("compare.before")} enlarge />
          <figcaption>{t("compare.before")}</figcaption>
        </figure>
        <figure>
          <Picture sha256={after.sha256} alt={t("compare.after")} enlarge />
          <figcaption>{t("compare.after")}</figcaption>
        </figure>
      </div>
    </section>
  );
}
